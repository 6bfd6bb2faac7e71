/** Machines that are made of a description: a tree of files, and stand-ins for the programs that doctor asks. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Machine, openMachine } from '../../src/machine/machine.js';
import type { runProgram } from '../../src/system/run-program.js';
import { makeDirectory, testContext, writeFiles } from '../support.js';

/** What a program answers: its output, or all of it. */
export type Answer = string | { exit?: number; out?: string; err?: string };

export interface Description {
  /** What a reader should know of it. */
  title: string;
  /** PRETTY_NAME; ID and ID_LIKE follow from it. */
  system: string;
  /** As uname -r prints it. */
  release: string;
  /** As uname -m prints it. */
  processor?: string;
  root?: true;
  /** Files by path; a directory ends in a slash. A link is `-> TARGET`. */
  files: Record<string, string>;
  /** As dpkg-query prints them: state, name, version. */
  packages: string[];
  /** The packages that apt's lists have, of those that are asked for. */
  archive?: string[];
  /** The version of dkms, and what `dkms status` prints. */
  dkms?: { version: string; status?: Answer };
  /** Module files, each with the release that it was built for and who signed it. */
  modules?: Record<string, { builtFor: string; signer?: string }>;
  /** Other programs, by command line. One that is missing here is not installed. */
  programs?: Record<string, Answer>;
  /** What this user may not read. */
  denied?: string[];
  /** What is free, in MiB, by mount point; the rest is on /. */
  free?: Record<string, number>;
  /** What every program prints on stderr besides. */
  noise?: string;
}

/** Programs that doctor may call, since they change nothing. */
const harmless =
  /^(uname -[rm]|dpkg-query -W |dpkg --audit$|apt-cache policy |dkms (--version|status)$|modinfo \/|mokutil --(sb-state|test-key )|dmesg$|docker (version|context show)|podman info|id -un$)/;

export interface StandIn {
  machine: Machine;
  /** The directory that is its root. */
  root: string;
  /** The command lines that it was asked. */
  asked: string[];
}

/** Makes the machine of a description. */
export function makeMachine(description: Description): StandIn {
  const root = makeDirectory();
  layOut(root, description);
  const asked: string[] = [];
  const program: typeof runProgram = async (name, args, _, { env }) => {
    const line = [name, ...args].join(' ');
    asked.push(line);
    if (!harmless.test(line)) throw new Error(`doctor must not call: ${line}`);
    // Words of another language are what programs print where nobody asks for C.
    const { exit = 0, out = '', err = '' } = env.LC_ALL === 'C' ? full(answerTo(line, description)) : { out: 'Installiert: (keine)\n' };
    const stderr = `${exit === 127 ? '' : (description.noise ?? '')}${err}`;
    return { exitCode: exit, stdout: Buffer.from(out), stderr, isCut: false };
  };
  const uid = description.root ? 0 : 1000;
  return { machine: limited(openMachine({ root, uid, program }, testContext({ env: {} })), description), root, asked };
}

function full(answer: Answer | undefined): { exit?: number; out?: string; err?: string } {
  if (answer === undefined) return { exit: 127, err: 'not installed' };
  return typeof answer === 'string' ? { out: answer } : answer;
}

function layOut(root: string, { system, files, modules = {} }: Description): void {
  const id = system.startsWith('Ubuntu') ? 'ubuntu' : system.startsWith('Debian') ? 'debian' : (system.split(' ')[0]?.toLowerCase() ?? '');
  writeFiles(root, { 'etc/os-release': `PRETTY_NAME="${system}"\nID=${id}\n${id === 'ubuntu' ? 'ID_LIKE=debian\n' : ''}` });
  for (const path of Object.keys(modules)) writeFiles(root, { [path]: '' });
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith('/')) mkdirSync(join(root, path), { recursive: true });
    else if (content.startsWith('-> ')) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      symlinkSync(content.slice(3), join(root, path));
    } else writeFiles(root, { [path]: content });
  }
}

function answerTo(line: string, description: Description): Answer | undefined {
  const { release, processor = 'x86_64', packages, archive = [], dkms, modules = {}, programs = {}, root } = description;
  const [first = '', second = '', ...more] = line.split(' ');
  if (programs[line] !== undefined) return programs[line];
  switch (`${first} ${second}`.trim()) {
    case 'uname -r':
      return `${release}\n`;
    case 'uname -m':
      return `${processor}\n`;
    case 'dpkg-query -W':
      return packages.map((row) => `${row.slice(0, 3)}\t${row.slice(3).trim().replace(/\s+/, '\t')}\n`).join('');
    case 'dpkg --audit':
      return '';
    case 'apt-cache policy':
      return more.map((name) => policyOf(name, archive)).join('');
    case 'dkms --version':
      return dkms && (dkms.version.startsWith('2.') ? `dkms: ${dkms.version}\n` : `dkms-${dkms.version}\n`);
    case 'dkms status':
      return dkms && (dkms.status ?? '');
    case 'dmesg':
      return root ? '' : { exit: 1, err: 'dmesg: read kernel buffer failed: Operation not permitted\n' };
    case 'id -un':
      return 'anna\n';
    default:
      return first === 'modinfo' ? modinfoOf(second, modules) : undefined;
  }
}

/** Nothing is printed on stdout for a name that apt has never heard of. */
function policyOf(name: string, archive: readonly string[]): string {
  return archive.includes(name) ? `${name}:\n  Installed: (none)\n  Candidate: 1.0\n  Version table:\n     1.0 500\n` : '';
}

function modinfoOf(path: string, modules: NonNullable<Description['modules']>): Answer {
  const module = modules[path];
  if (!module) return { exit: 1, err: `modinfo: ERROR: Module ${path} not found.\n` };
  const signed = module.signer === undefined ? '' : `sig_id:         PKCS#7\nsigner:         ${module.signer}\n`;
  return `filename:       ${path}\nlicense:        Dual BSD/GPL\nvermagic:       ${module.builtFor} SMP preempt mod_unload modversions \n${signed}`;
}

/** Tests run as root, too, whom no mode of a file stops; and the disk of the test machine is not that of the fixture. */
function limited(machine: Machine, { denied = [], free = { '/': 20_000 } }: Description): Machine {
  const refused = new Set<string>();
  const isDenied = (path: string) => {
    const found = denied.some((one) => path === one || path.startsWith(`${one}/`));
    if (found) refused.add(path);
    return found;
  };
  const mountOf = (path: string) =>
    Object.keys(free)
      .filter((mount) => mount === '/' || path === mount || path.startsWith(`${mount}/`))
      .sort((a, b) => b.length - a.length)[0] ?? '/';
  return {
    ...machine,
    denied: refused,
    text: async (path) => (isDenied(path) ? undefined : machine.text(path)),
    names: async (path) => (isDenied(path) ? [] : machine.names(path)),
    place: async (path) => (isDenied(path) ? undefined : machine.place(path)),
    space: async (path) => ({ bytes: (free[mountOf(path)] ?? 0) * 1024 * 1024, device: mountOf(path) }),
  };
}

/** All that is in a tree, to see that nothing changes. */
export function contentOf(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isSymbolicLink() ? `-> ${readlinkSync(path)}` : entry.isFile() ? readFileSync(path, 'latin1') : '/';
      return [path.slice(root.length), content];
    }),
  );
}
