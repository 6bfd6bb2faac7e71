import type { BootVerdict } from '../documents/index.js';
import type { Facts } from './facts.js';

type BootedModule = BootVerdict['modules'][number];

export interface BootJudgement {
  /** `error` says that nothing is known of the modules: the machine did not come so far as to load one. */
  status: 'loads' | 'fails' | 'error';
  loads: boolean;
  reason?: string;
  modules: BootedModule[];
}

/** A line of the init that container/boot.sh makes: what became of a module, in the order of the console. */
interface Event {
  module: string;
  verb: string;
  words: string;
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

/**
 * Judges a boot by the facts of container/boot.sh: the kernel must be that of the target, its console free of faults from
 * init on, and every module must twice be loaded, register a character device, refuse an ioctl, and be gone again. That
 * an out-of-tree module taints the kernel is not a fault. A boot that ends in the middle of a step is the module's failure;
 * one that ends outside of any is an error, as it says nothing of the modules.
 *
 * @param modules the names of all modules that must load
 */
export function judgeBoot(facts: Facts, modules: readonly string[]): BootJudgement {
  const fact = (name: string) => facts.get(name)?.trim() ?? '';
  const { before, after, release, events } = readConsole(facts.get('console') ?? '');
  const booted = modules.map((name) => bootedModule(name, events));
  const verdict = (status: BootJudgement['status'], reason: string) => ({ status, loads: false, reason, modules: booted });
  const overtime = ['124', '137'].includes(fact('qemu.exit')) ? ` within ${fact('limit')} s` : '';
  if (release === undefined) {
    const words = faultsOf(before) || before.slice(-3).join('\n') || fact('qemu.log').split('\n').at(-1);
    return verdict('error', `the kernel did not reach init${overtime}: ${words || 'its console is empty'}`);
  }
  if (release !== fact('release')) return verdict('error', `the kernel is ${release}, expected ${fact('release')}`);
  if (modules.length === 0) return verdict('error', 'no module to load');
  if (fact('missing') !== '') return verdict('error', `kernel modules are missing from the boot image: ${fact('missing')}`);
  const words = faultsOf(after);
  if (words !== '') return verdict('fails', words);
  const last = events.at(-1);
  if (last?.verb !== 'end') {
    const step = last && openSteps[last.verb];
    if (last === undefined || step === undefined) return verdict('error', `the boot did not end${overtime}`);
    return verdict('fails', `${last.module}: ${step} timed out${overtime}`);
  }
  const faults = modules.flatMap((name) => moduleFaults(name, events));
  if (faults.length > 0) return verdict('fails', faults.slice(0, 3).join('\n'));
  return { status: 'loads', loads: true, modules: booted };
}

/** What is in progress after an event, unless another follows. */
const openSteps: Record<string, string> = { load: 'loading it', device: 'opening its device and the ioctl', unload: 'unloading it' };

/** The console without times, its own lines apart from the kernel's. */
function readConsole(console: string): { before: string[]; after: string[]; release: string | undefined; events: Event[] } {
  const lines = console.split('\n').map((line) => line.replace(/^(?:\[[^\]]*\] ?)+/, '').trim());
  const start = lines.findIndex((line) => line.startsWith('mft-patch: init '));
  const spoken = lines.slice(start + 1);
  const own = /^mft-patch: (\S+) ?(\S*) ?(.*)$/;
  const events = spoken.flatMap((line): Event[] => {
    const [, module, verb, words] = own.exec(line) ?? [];
    if (module === undefined || verb === undefined || words === undefined) return [];
    return [module === 'end' && verb === '' ? { module: '', verb: 'end', words } : { module, verb, words }];
  });
  const kernel = spoken.filter((line) => line !== '' && !own.test(line) && !normalWords.test(line));
  if (start < 0) return { before: kernel, after: [], release: undefined, events: [] };
  return { before: [], after: kernel, release: lines[start]?.split(' ')[2], events };
}

/** The lines that name a fault; of a trace that names none the lines that lead to it. Empty if there is no fault. */
function faultsOf(lines: string[]): string {
  const naming = lines.filter((line) => faultWords.test(line));
  if (naming.length > 0) return [...new Set(lines.filter((line) => faultWords.test(line) || placeWords.test(line)))].slice(0, 4).join('\n');
  const trace = lines.findIndex((line) => traceWords.test(line));
  return trace < 0 ? '' : lines.slice(Math.max(0, trace - 3), trace + 1).join('\n');
}

function bootedModule(name: string, events: Event[]): BootedModule {
  const words = (verb: string) => events.filter((event) => event.module === name && event.verb === verb).map((event) => event.words);
  return {
    name,
    loaded: words('loaded').length,
    unloaded: words('unloaded').length,
    devices: [...new Set(words('device'))],
    answers: [...new Set(words('ioctl').map((answer) => answer.replace(/^\S+ /, '')))],
  };
}

/** What is wrong with a module in a boot that came to its end. */
function moduleFaults(name: string, events: Event[]): string[] {
  const own = events.filter((event) => event.module === name);
  const words = (verb: string) => own.find((event) => event.verb === verb)?.words;
  const rounds = own.filter((event) => event.verb === 'load').length;
  // Each round's device is between its `loaded` and its `unload`.
  const silent = own.some((event, index) => event.verb === 'loaded' && own[index + 1]?.verb !== 'device');
  return [
    rounds === 0 && 'was not loaded',
    words('not-loaded') !== undefined && `cannot be loaded: ${words('not-loaded') || 'it is not in /proc/modules'}`,
    silent && 'registered no character device',
    own.some((event) => event.verb === 'ioctl' && / granted$/.test(event.words)) && 'accepted an unknown ioctl',
    words('not-unloaded') !== undefined && `cannot be unloaded: ${words('not-unloaded') || 'it is still in /proc/modules'}`,
    words('device-left') !== undefined && `left a device behind: ${words('device-left')}`,
  ].flatMap((fault) => (fault === false ? [] : [`${name}: ${fault}`]));
}
