/**
 * A machine on which steps are done: a stand-in for apt, dpkg, dkms, mokutil and mst, as far as a description of a machine can
 * change. It is as unkind as they are: what breaks is said beforehand.
 */
import type { World } from '../../src/install/world.js';
import { survey } from '../../src/machine/examine.js';
import { gcc, headers, modules, started } from '../machine/parts.js';
import { type Description, makeMachine } from '../machine/stand-in.js';
import { testContext } from '../support.js';

/** What goes wrong. */
export interface Faults {
  /** Another apt holds the lock for longer than we wait. */
  isLocked?: boolean;
  /** This process holds it: "another", or as dpkg names it from 1.22 on, its program; it ends after so many waits, or never. */
  dpkgLockedBy?: string;
  unlockAfter?: number;
  /** dkms fails to build the package that is installed. */
  buildFails?: boolean;
  /** dkms exits 0, and has built nothing, as 2.8 does. */
  buildsNothing?: boolean;
  /** apt would remove this. */
  removes?: string;
  /** apt does not know these names. */
  unknown?: string[];
  /** The kernel refuses the modules. */
  rejectsKey?: boolean;
  /** The program mokutil has nobody to ask. */
  hasNoTerminal?: boolean;
  /** dpkg --unpack fails. */
  unpackFails?: boolean;
  /** A program uses the modules. */
  isInUse?: boolean;
  /** The command at which the user interrupts, before it is begun. */
  interruptAt?: RegExp;
}

type Ran = { exitCode: number; output: string };
const ok = (output = ''): Ran => ({ exitCode: 0, output });
const bad = (exitCode: number, output: string): Ran => ({ exitCode, output });
const dpkgIsLocked = (holder: string): Ran => bad(2, `dpkg: error: dpkg frontend lock was locked by ${holder} process with pid 77\n`);
const upgraded = '4.20.1-14+mftpatch.universal2026112601.g1a2b3c4';

export interface StandInMachine {
  world: World;
  state: Description;
  /** What was run, without simulations. */
  ran: string[];
  told: string[];
  /** How long it waited each time, in seconds. */
  waited: number[];
}

/** @param uid 0 for root; a user's asRoot is that of a machine as root, with the same state */
export function standInMachine(description: Description, faults: Faults = {}): StandInMachine {
  const state: Description = structuredClone({ ...description, root: true });
  const [ran, told]: string[][] = [[], []];
  const waited: number[] = [];
  const shell = fakeShell(state, faults);
  let isInterrupted = false;
  const world: World = {
    uid: 0,
    log: '/log',
    look: () => survey(makeMachine(state).machine, testContext()),
    wait: async (seconds) => {
      waited.push(seconds);
      if (faults.unlockAfter !== undefined && waited.length >= faults.unlockAfter) delete faults.dpkgLockedBy;
    },
    tell: (text) => told?.push(text),
    check: () => {
      if (isInterrupted) throw new Error('interrupted');
    },
    run: async ({ line }) => {
      if (faults.interruptAt?.test(line)) isInterrupted = true;
      if (!/ -s | make\.log$/.test(line)) ran?.push(line);
      return shell(line);
    },
    asRoot: () => {
      throw new Error('it is root');
    },
  };
  return { world, state, ran: ran ?? [], told: told ?? [], waited };
}

function fakeShell(state: Description, faults: Faults): (line: string) => Ran {
  const has = (name: string) => state.packages.some((row) => row.split(/\s+/)[1] === name);
  const put = (name: string, version: string, status = 'ii') => {
    state.packages = [...state.packages.filter((row) => row.split(/\s+/)[1] !== name), `${status}  ${name} ${version}`];
  };
  const version = () => state.dkms?.version ?? '3.0.10';
  const source = 'kernel-mft-dkms/4.20.1';
  const isSigned = () => state.files['/var/lib/dkms/mok.pub'] !== undefined;
  const build = (): Ran => {
    state.dkms = { version: version(), status: `${source}: added\n` };
    if (faults.buildFails) return bad(10, `Error! Bad return status for module build on kernel: ${state.release} (x86_64)\n`);
    if (faults.buildsNothing) return ok();
    state.dkms = { version: version(), status: `${source}, ${state.release}, x86_64: installed\n` };
    state.modules = modules(state.release, isSigned() ? { signer: 'DKMS module signing key' } : {});
    return ok();
  };
  const configureOurs = (): Ran => {
    const built = build();
    put('kernel-mft-dkms', upgraded, built.exitCode === 0 ? 'ii' : 'iF');
    return built.exitCode === 0
      ? ok()
      : bad(100, `Setting up kernel-mft-dkms (${upgraded}) ...\n${built.output}E: Sub-process /usr/bin/dpkg returned an error code (1)\n`);
  };
  const installOne = (name: string): Ran | undefined => {
    if (name.includes('kernel-mft-dkms_')) return configureOurs();
    if (name.includes('mft_')) put('mft', '4.20.1-14');
    else put(name, '1');
    if (name === `linux-headers-${state.release}`) Object.assign(state.files, headers(state.release, gcc[12]));
    if (name === 'dkms') state.dkms = { version: '3.0.10', status: '' };
    if (name === 'mokutil') mokutil(state, 'is not enrolled');
    return undefined;
  };
  const install = (words: string[]): Ran => {
    const names = words.filter((word) => !word.startsWith('-') && !/^(apt-get|install|[\w:]+=.*)$/i.test(word));
    if (words.includes('-s')) return simulate(names);
    if (faults.isLocked) return bad(100, 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (unattended-upgr)\n');
    let result = ok();
    for (const name of names) result = installOne(name) ?? result;
    // apt ends what was unpacked.
    if (state.packages.some((row) => row.startsWith('iU  kernel-mft-dkms'))) result = configureOurs();
    return result;
  };
  const simulate = (names: string[]): Ran => {
    const unknown = names.find((name) => faults.unknown?.includes(name));
    if (unknown !== undefined) return bad(100, `Reading package lists...\nE: Unable to locate package ${unknown}\n`);
    const rows = names.map((name) => {
      const plain = name.replace(/^.*\//, '').replace(/_.*/, '');
      return `Inst ${plain}${has(plain) ? ' [4.20.1-14]' : ''} (${name.includes('mft') ? upgraded : '1'} local [amd64])`;
    });
    return ok([...rows, ...(faults.removes === undefined ? [] : [`Remv ${faults.removes} [1.0]`])].join('\n'));
  };
  const purge = (words: string[]): Ran => {
    const names = words.slice(words.indexOf('purge') + 1);
    if (words.includes('-s'))
      return ok([...names.map((name) => `Purg ${name} [1]`), ...(faults.removes ? [`Remv ${faults.removes} [1]`] : [])].join('\n'));
    if (faults.isLocked) return bad(100, 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (unattended-upgr)\n');
    state.packages = state.packages.filter((row) => !names.includes(row.split(/\s+/)[1] ?? ''));
    if (names.includes('kernel-mft-dkms')) {
      state.dkms = { version: version(), status: '' };
      // The vendor's prerm leaves the file of its source's directory; dkms removes its own.
      state.modules = Object.fromEntries(Object.entries(state.modules ?? {}).filter(([path]) => !path.includes('/dkms/')));
    }
    return ok();
  };
  const load = (): Ran => {
    if (faults.rejectsKey)
      return bad(1, 'Loading MST PCI module - modprobe: ERROR: could not insert mst_pci: Key was rejected by service\n');
    Object.assign(state.files, started());
    return ok();
  };
  const unpack = (): Ran => {
    if (faults.dpkgLockedBy !== undefined) return dpkgIsLocked(faults.dpkgLockedBy);
    if (faults.unpackFails) return bad(1, 'dpkg: error processing archive x.deb (--unpack):\n subprocess failed\n');
    put('kernel-mft-dkms', upgraded, 'iU');
    return ok();
  };
  const configure = (): Ran => {
    if (faults.dpkgLockedBy !== undefined) return dpkgIsLocked(faults.dpkgLockedBy);
    state.packages = state.packages.map((row) => row.replace(/^iF {2}(linux)/, 'ii  $1'));
    state.programs = { ...state.programs, 'dpkg --audit': '' };
    delete state.files['/var/lib/dpkg/updates/0001'];
    return /^i[FU] {2}kernel-mft/m.test(state.packages.join('\n')) ? configureOurs() : ok();
  };
  const unload = (): Ran => {
    if (faults.isInUse) return bad(1, 'modprobe: FATAL: Module mst_pci is in use.\n');
    state.files['/proc/modules'] = '';
    return ok();
  };
  const enrol = (): Ran => {
    if (faults.hasNoTerminal) return bad(1, 'it asks for a password, and stdin is not a terminal');
    mokutil(state, 'is already in the enrollment request');
    return ok();
  };
  const makeKey = (): Ran => {
    state.files['/var/lib/dkms/mok.pub'] = 'DER';
    mokutil(state, 'is not enrolled');
    return ok();
  };
  const programs: [RegExp, (words: string[]) => Ran][] = [
    [/^apt-get .*\binstall /, install],
    [/^apt-get .*\bpurge /, purge],
    [/^dpkg --purge /, (words) => purge(['purge', ...words.slice(3)])],
    [/^apt-get .*\bupdate$/, () => update(state, faults)],
    [/^dpkg --unpack /, unpack],
    [/^dpkg .*--configure -a$/, configure],
    [/^dkms (install|autoinstall)/, build],
    [/^(mst (re)?start|modprobe -a)/, load],
    [/^(mst stop|modprobe -r)/, unload],
    [/^mokutil --import/, enrol],
    [/^openssl/, makeKey],
    [/^rm /, (words) => words.slice(1).reduce((_, path) => forget(state, path), ok())],
    [/^(cat|depmod|dkms remove)/, () => ok()],
  ];
  return (line) => programs.find(([form]) => form.test(line))?.[1](line.split(' ')) ?? bad(127, `sh: 1: ${line}: not found\n`);
}

function update(state: Description, { unknown = [] }: Faults): Ran {
  state.archive = [...(state.archive ?? []), ...['linux-headers-6.1.0-50-amd64'].filter((name) => !unknown.includes(name))];
  return ok();
}

function mokutil(state: Description, words: string): void {
  state.programs = { ...state.programs, 'mokutil --test-key /var/lib/dkms/mok.pub': `/var/lib/dkms/mok.pub ${words}\n` };
}

/** A path, and what is below it. */
function forget(state: Description, path: string): Ran {
  for (const table of [state.files, state.modules ?? {}]) {
    for (const name of Object.keys(table)) if (name === path || name.startsWith(`${path}/`)) delete table[name];
  }
  return ok();
}
