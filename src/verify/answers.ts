/** What the drivers were asked in a boot by container/ask-driver.c, and what they must answer. */
import { getSystemErrorName } from 'node:util';
import type { BootQuestion, BootVerdict } from '../documents/index.js';

type Generation = 'flat' | 'nnt';

/** The drivers that are known: they register a device and answer on every machine, whatever hardware it has. */
export const isKnownDriver = (module: string): boolean => module === 'mst_pci' || module === 'mst_pciconf';

/** What sysfs says of the PCI device that was asked about. */
export interface PciDevice {
  /** Address and size of its first BAR. */
  bar: string;
  /** Vendor and device id. */
  id: string;
}

/** @param words what init says of the device; none where the machine has none */
export function pciDevice(words: readonly string[]): PciDevice | undefined {
  const [start, size, id] = words.map(plainHex);
  return start === undefined || size === undefined || id === undefined ? undefined : { bar: `${start} ${size}`, id };
}

/** What one driver has answered. */
export interface Answers {
  questions: BootQuestion[];
  generation?: Generation;
  /** The first wrong answer, in words. */
  fault?: string;
}

/** The names of the questions in words. */
export const questionWords: Record<string, string> = {
  open: 'opening the device',
  'INIT-NULL': 'INIT with a null pointer',
  INIT: 'INIT on a PCI device',
};

/**
 * Judges the answers of both rounds.
 * @param lines what ask-driver printed after `answer`: the question, 0 or an errno, and values
 */
export function judgeAnswers(lines: readonly string[], device: PciDevice | undefined): Answers {
  const questions = [...new Set(lines)].map((line) => judgeAnswer(line, device));
  const wrong = questions.find(({ isRight }) => !isRight);
  const inits = questions.filter(({ question }) => question === questionWords.INIT).map(({ answer }) => answer);
  const generation = generations[inits[0] ?? ''];
  const fault = wrong ? faultOf(wrong) : inits.length > 1 && `${questionWords.INIT} answered first ${inits.join(', then ')}`;
  return {
    questions: questions.map(({ question, expected, answer }) => ({ question, expected, answer })),
    ...(generation === undefined ? {} : { generation }),
    ...(fault ? { fault } : {}),
  };
}

/** Any PCI device will do for the flat drivers; the NNT drivers refuse one that is not NVIDIA's. */
const generations: Record<string, Generation> = { '0': 'flat', EINVAL: 'nnt' };

function judgeAnswer(line: string, device: PciDevice | undefined): BootQuestion & { isRight: boolean } {
  const [name = '', result = '', ...values] = line.split(' ');
  const answer = result === '0' && values.length > 0 ? values.map(plainHex).join(' ') : errnoName(result);
  const expected = expectedAnswer(name, device);
  const isRight = expected.includes(answer);
  return { question: questionWords[name] ?? name, expected: isRight ? answer : expected.join(' or '), answer, isRight };
}

function expectedAnswer(name: string, device: PciDevice | undefined): string[] {
  if (name === 'INIT-NULL') return ['EFAULT'];
  if (name === 'INIT') return Object.keys(generations);
  if (name === 'PCI_PARAMS') return [device?.bar ?? ''];
  if (name === 'READ4') return [device?.id ?? ''];
  return ['0'];
}

function faultOf({ question, expected, answer }: BootQuestion): string {
  const why = answer === 'ENOTTY' && question.startsWith('INIT') ? ': the driver has no ioctl handler for this kernel' : '';
  return `${question} answered ${answer}, expected ${expected}${why}`;
}

/** The name of an errno; what is none stays as it is. @param result as a system call returns it */
function errnoName(result: string): string {
  if (!/^-[1-9]\d{0,3}$/.test(result)) return result;
  const name = getSystemErrorName(Number(result));
  return /^E[A-Z0-9]+$/.test(name) ? name : `errno ${result.slice(1)}`;
}

/** A hexadecimal number without zeros before it. */
const plainHex = (digits: string): string => (/^0x[0-9a-f]{1,16}$/.test(digits) ? `0x${BigInt(digits).toString(16)}` : digits);

/** What could not be asked for lack of hardware. @param modules those that were loaded */
export function notAsked(modules: BootVerdict['modules'], device: PciDevice | undefined): string[] {
  const known = modules.filter(({ name }) => isKnownDriver(name));
  const names = known.map(({ name }) => name).join(', ');
  return [
    ...modules.flatMap(({ name, devices }) => (isKnownDriver(name) ? [] : [untestedModule(name, devices)])),
    ...(known.length > 0 && device === undefined ? [`${names}: INIT and what follows it, which needs a PCI device to ask about`] : []),
    ...(known.some(({ generation }) => generation === 'nnt') ? [`${names}: what follows INIT, which needs NVIDIA's hardware`] : []),
  ];
}

function untestedModule(name: string, devices: readonly string[]): string {
  return devices.length > 0 ? `${name}: what its device must answer is not known` : `${name}: it registers no device without its hardware`;
}
