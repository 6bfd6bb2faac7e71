/** The console of a boot: what the init of container/boot.sh said, and what the kernel did. */
import { type PciDevice, pciDevice } from './answers.js';

/** A line of the init that container/boot.sh makes: what became of a module, in the order of the console. */
export interface Event {
  module: string;
  verb: string;
  words: string;
}

/** A console without times, its own lines apart from the kernel's. */
export interface Boot {
  /** What the kernel said before init. */
  before: string[];
  /** The kernel's lines from init on, and the verb of the event before each. */
  after: { line: string; verb: string }[];
  /** Of the kernel that ran; undefined if it did not reach init. */
  release: string | undefined;
  device: PciDevice | undefined;
  events: Event[];
}

/** What the kernel prints for a fault (lib/bug.c, mm/, kernel/panic.c, kernel/module/ of Linux 5.10 to 7.3). */
const faultWords =
  /\bBUG: |\bkernel BUG at |\bOops: |\bWARNING: |\bUBSAN: |\bKASAN: |\bKernel panic\b|\bgeneral protection fault\b|Unknown symbol|version magic|disagrees about version of symbol|no symbol version for/;
/** Where in the code it was. */
const placeWords = /\bRIP: 0010:|\bpc : /;
/** What the kernel says of every module from outside. */
const normalWords = /: loading out-of-tree module taints kernel|: module verification failed: signature/;
/** What every trace has, whatever its reason. */
const traceWords = /\bCall Trace:|\bCall trace:|\[ cut here \]/;

/** @param console with the times of the kernel's log, and lines ended as on a serial line */
export function readConsole(console: string): Boot {
  const lines = console.split('\n').map((line) => line.replace(/^(?:\[[^\]]*\] ?)+/, '').trim());
  const start = lines.findIndex((line) => line.startsWith('mft-patch: init '));
  const [, , release, ...device] = lines[start]?.split(' ') ?? [];
  const events: Event[] = [];
  const kernel: Boot['after'] = [];
  for (const line of lines.slice(start + 1)) {
    const event = eventOf(line);
    if (event !== undefined) events.push(event);
    else if (line !== '' && !normalWords.test(line)) kernel.push({ line, verb: events.at(-1)?.verb ?? '' });
  }
  if (start < 0) return { before: kernel.map(({ line }) => line), after: [], release: undefined, device: undefined, events: [] };
  return { before: [], after: kernel, release, device: pciDevice(device), events };
}

function eventOf(line: string): Event | undefined {
  const [, module, verb, words] = /^mft-patch: (\S+) ?(\S*) ?(.*)$/.exec(line) ?? [];
  if (module === undefined || verb === undefined || words === undefined) return undefined;
  return module === 'end' && verb === '' ? { module: '', verb: 'end', words } : { module, verb, words };
}

/** Whether a line names a fault, or begins a trace. */
export const isFault = (line: string): boolean => faultWords.test(line) || traceWords.test(line);

/** The lines that name a fault; of a trace that names none the lines that lead to it. Empty if there is no fault. */
export function faultsOf(lines: string[]): string {
  const naming = lines.filter((line) => faultWords.test(line));
  if (naming.length > 0) return [...new Set(lines.filter((line) => faultWords.test(line) || placeWords.test(line)))].slice(0, 4).join('\n');
  const trace = lines.findIndex((line) => traceWords.test(line));
  return trace < 0 ? '' : lines.slice(Math.max(0, trace - 3), trace + 1).join('\n');
}
