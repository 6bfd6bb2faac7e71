import type { BootVerdict } from '../documents/index.js';
import { isKnownDriver, judgeAnswers, notAsked, questionWords } from './answers.js';
import { type Boot, type Event, faultsOf, isFault, readConsole } from './console.js';
import type { Facts } from './facts.js';

type BootedModule = BootVerdict['modules'][number];

/** A boot's verdict but for what only who booted knows. */
export type BootJudgement = Omit<BootVerdict, 'console' | 'seconds' | 'loads' | 'works' | 'notTested'> & {
  loads: boolean;
  works: boolean;
  notTested: string[];
};

/**
 * Judges a boot by the facts of container/boot.sh: the kernel must be that of the target, its console free of faults from
 * init on, and every module must twice be loaded and be gone again. The drivers that are known must register a character
 * device and answer as they must; what needs hardware is not tested. That an out-of-tree module taints the kernel is not a
 * fault. A boot that ends in the middle of a step is the module's failure; one that ends outside of any is an error, as it
 * says nothing of the modules.
 *
 * @param modules the names of all modules that must load
 */
export function judgeBoot(facts: Facts, modules: readonly string[]): BootJudgement {
  const boot = readConsole(facts.get('console') ?? '');
  const booted = modules.map((name) => bootedModule(name, boot));
  const judgement = { ...accelOf(facts), loads: false, works: false, notTested: [], modules: booted };
  const environment = environmentFault(facts, boot, modules);
  if (environment !== undefined) return { ...judgement, status: 'error', reason: environment };
  const fault = consoleFault(facts, boot);
  if (fault !== undefined) return { ...judgement, ...fault };
  const loading = modules.flatMap((name) => loadFaults(name, boot.events));
  if (loading.length > 0) return { ...judgement, status: 'fails', reason: loading.slice(0, 3).join('\n') };
  const loaded = { ...judgement, loads: true };
  const known = modules.filter(isKnownDriver);
  const mute = known.find((name) => !boot.events.some(({ module, verb }) => module === name && verb === 'answer'));
  if (mute !== undefined) return { ...loaded, status: 'error', reason: `${mute}: ask-driver did not run` };
  const wrong = answerFaults(known, boot);
  if (wrong.length > 0) return { ...loaded, status: 'fails', reason: wrong.slice(0, 3).join('\n') };
  const works = known.length > 0 && booted.every(({ name, generation }) => !isKnownDriver(name) || generation !== undefined);
  return { ...loaded, status: 'loads', works, notTested: notAsked(booted, boot.device) };
}

/** Why nothing is known of the modules; undefined if the kernel came so far as to load them. */
function environmentFault(facts: Facts, { release, before }: Boot, modules: readonly string[]): string | undefined {
  const fact = (name: string) => facts.get(name)?.trim() ?? '';
  if (fact('release') !== fact('expected'))
    return `the boot image contains the kernel ${fact('release')}, but the modules are for ${fact('expected')}`;
  if (!facts.has('console')) return `the boot image cannot compile ask-driver.c: ${fact('gcc.log').split('\n')[0]}`;
  if (release === undefined) {
    const words = faultsOf(before) || before.slice(-3).join('\n') || fact('qemu.log').split('\n').at(-1);
    return `the kernel did not reach init${overtime(facts)}: ${words || 'its console is empty'}`;
  }
  if (release !== fact('release')) return `the kernel is ${release}, expected ${fact('release')}`;
  if (modules.length === 0) return 'no module to load';
  return fact('missing') === '' ? undefined : `kernel modules are missing from the boot image: ${fact('missing')}`;
}

/** A fault that the kernel named, or a boot that did not end. */
function consoleFault(facts: Facts, { after, events }: Boot): Pick<BootJudgement, 'status' | 'loads' | 'reason'> | undefined {
  const words = faultsOf(after.map(({ line }) => line));
  // What was going on tells whether loading or answering is at fault.
  const first = after.find(({ line }) => isFault(line));
  if (words !== '') return { status: 'fails', loads: first?.verb === 'asks', reason: words };
  const last = events.at(-1);
  if (last?.verb === 'end') return undefined;
  const step = last && openStep(last);
  if (last === undefined || step === undefined) return { status: 'error', loads: false, reason: `the boot did not end${overtime(facts)}` };
  return { status: 'fails', loads: last.verb === 'asks', reason: `${last.module}: ${step} timed out${overtime(facts)}` };
}

function accelOf(facts: Facts): Pick<BootVerdict, 'accel'> {
  const accel = facts.get('accel')?.trim();
  return accel === 'kvm' || accel === 'tcg' ? { accel } : {};
}

function overtime(facts: Facts): string {
  return ['124', '137'].includes(facts.get('qemu.exit')?.trim() ?? '') ? ` within ${facts.get('limit')?.trim()} s` : '';
}

/** What is in progress after an event, unless another follows. */
function openStep({ verb, words }: Event): string | undefined {
  if (verb === 'asks') return questionWords[words] ?? words;
  return { load: 'loading it', unload: 'unloading it' }[verb];
}

function bootedModule(name: string, { events, device }: Boot): BootedModule {
  const words = (verb: string) => events.filter((event) => event.module === name && event.verb === verb).map((event) => event.words);
  const { questions, generation } = judgeAnswers(words('answer'), device);
  return {
    name,
    loaded: words('loaded').length,
    unloaded: words('unloaded').length,
    devices: [...new Set(words('device'))],
    answers: [...new Set(questions.map(({ answer }) => answer))],
    ...(generation === undefined ? {} : { generation }),
    questions,
  };
}

/** What is wrong with loading and unloading a module in a boot that came to its end. */
function loadFaults(name: string, events: Event[]): string[] {
  const own = events.filter((event) => event.module === name);
  const words = (verb: string) => own.find((event) => event.verb === verb)?.words;
  const rounds = own.filter((event) => event.verb === 'load').length;
  // Each round's device is between its `loaded` and its `unload`.
  const silent = isKnownDriver(name) && own.some((event, index) => event.verb === 'loaded' && own[index + 1]?.verb !== 'device');
  // A driver may refuse to load where its hardware is missing; those that are known do not.
  const refused = words('not-loaded');
  const lacksHardware = !isKnownDriver(name) && refused?.endsWith(': No such device');
  return [
    rounds === 0 && 'was not loaded',
    refused !== undefined && !lacksHardware && `cannot be loaded: ${refused || 'it is not in /proc/modules'}`,
    silent && 'registered no character device',
    words('not-unloaded') !== undefined && `cannot be unloaded: ${words('not-unloaded') || 'it is still in /proc/modules'}`,
    words('device-left') !== undefined && `left a device behind: ${words('device-left')}`,
  ].flatMap((fault) => (fault === false ? [] : [`${name}: ${fault}`]));
}

/** What is wrong with the answers of the drivers that are known. */
function answerFaults(known: readonly string[], { events, device }: Boot): string[] {
  const of = (name: string, verb: string) =>
    events.filter((event) => event.module === name && event.verb === verb).map((event) => event.words);
  const answers = known.map((name) => ({ name, ...judgeAnswers(of(name, 'answer'), device) }));
  const faults = answers.flatMap(({ name, fault }) => {
    const open = of(name, 'asks').length > of(name, 'answer').length ? 'a question was not answered' : undefined;
    return (fault ?? open) ? [`${name}: ${fault ?? open}`] : [];
  });
  const generations = new Set(answers.map(({ generation }) => generation));
  if (faults.length > 0 || generations.size < 2) return faults;
  return [answers.map(({ name, generation }) => `${name} answers as ${generation}`).join(', ')];
}
