/** The kernels of a machine, their headers, and the compiler that these ask for. */
import { compareVersions } from '../deb/version.js';
import type { Check, Cure } from '../documents/index.js';
import { type Compiler, factsOf, type HeadersFacts, tellingFiles } from '../kernels/headers.js';
import { asRoot, asUser, checked } from './cures.js';
import { headersPackage, isProxmox, movingHeaders, movingImageOf } from './header-packages.js';
import type { Machine } from './machine.js';
import { isHalf, type Packages, present, readCandidates } from './packages.js';
import type { System } from './system.js';

/** A kernel that is installed. */
export interface Kernel {
  release: string;
  /** Whether its modules are there. */
  hasModules: boolean;
  /** What its headers say; undefined if they are missing, or those of another kernel. */
  headers?: HeadersFacts;
  /** The package that holds them. */
  headersPackage: string;
}

export interface Kernels {
  running: Kernel;
  /** What the next boot starts, if it is another one. */
  next?: Kernel;
  /** A container has the kernel of its host. */
  isContainer: boolean;
  /** The packages with the distribution's own kernel and its headers. */
  own: string;
  /** Packages that bring the headers of each later kernel, and are missing. */
  missingMoving: string[];
  /** Of the packages that could be installed, those that apt's lists have. */
  candidates: ReadonlySet<string>;
}

export async function readKernels(machine: Machine, packages: Packages, { release, arch, isUbuntu }: System): Promise<Kernels> {
  const isInstalled = (name: string) => present(packages, name) !== undefined;
  const newest = (await machine.names('/boot'))
    .flatMap((name) => /^vmlinuz-(\d.*)$/.exec(name)?.[1] ?? [])
    .filter((name) => !name.endsWith('.old'))
    .sort(byRelease)
    .at(-1);
  const kernel = async (name: string): Promise<Kernel> => {
    const headers = await readHeaders(machine, name);
    return {
      release: name,
      hasModules: (await machine.place(`/lib/modules/${name}`)) !== undefined,
      ...(headers ? { headers } : {}),
      headersPackage: headersPackage(name, isInstalled),
    };
  };
  const running = await kernel(release);
  const next = newest === undefined || byRelease(newest, release) <= 0 ? undefined : await kernel(newest);
  const moving = movingHeaders([...packages.keys()].filter(isInstalled)).filter((name) => !isInstalled(name));
  const wanted = [running, next].flatMap((one) => (one && !one.headers ? [one.headersPackage] : []));
  const compilers = [running, next].flatMap((one) => (one?.headers?.compiler ? [packageOf(one.headers.compiler)] : []));
  const asked = [...wanted, ...moving, ...compilers];
  return {
    running,
    ...(next ? { next } : {}),
    isContainer: (await machine.place('/.dockerenv')) !== undefined || (await machine.place('/run/.containerenv')) !== undefined,
    own: isUbuntu ? 'linux-generic' : `linux-image-${arch} linux-headers-${arch}`,
    missingMoving: moving,
    candidates: asked.length === 0 ? new Set() : await readCandidates(machine, asked),
  };
}

async function readHeaders(machine: Machine, release: string): Promise<HeadersFacts | undefined> {
  const texts = new Map<string, string>();
  for (const file of tellingFiles) {
    const text = await machine.text(`/lib/modules/${release}/build/${file}`);
    if (text !== undefined) texts.set(file, text);
  }
  const facts = factsOf((file) => texts.get(file));
  return facts?.release === release ? facts : undefined;
}

/** Orders releases as versions: 6.1.0-9 is before 6.1.0-10. */
function byRelease(a: string, b: string): number {
  try {
    return compareVersions(a.replaceAll('_', '.'), b.replaceAll('_', '.'));
  } catch {
    return a < b ? -1 : Number(a > b);
  }
}

/** The kernels that modules are wanted for: the running one, unless its modules are gone, and that of the next boot. */
export function livingKernels({ running, next }: Pick<Kernels, 'running' | 'next'>): Kernel[] {
  if (!next) return [running];
  return running.hasModules ? [running, next] : [next];
}

export function judgeKernel({ running, next, isContainer }: Kernels, arch: string): Check {
  const { release } = running;
  if (isContainer)
    return checked('kernel', 'fault', `${release} ${arch}, of the host: this is a container, whose host loads modules`, [
      asUser('mft-patch doctor', 'on the host'),
    ]);
  if (!running.hasModules)
    return checked('kernel', 'fault', `${release} ${arch}: its modules are gone, since it was upgraded or removed`, [
      asRoot('reboot', 'last of all'),
    ]);
  if (next) return checked('kernel', 'note', `${release} ${arch}; the next boot starts ${next.release}`);
  return checked('kernel', 'ok', `${release} ${arch}, the newest that is installed`);
}

export function judgeHeaders(kernels: Kernels, packages: Packages): Check {
  const { running, next, missingMoving, candidates } = kernels;
  const living = livingKernels(kernels);
  const missing = living.filter((kernel) => !kernel.headers);
  const [first] = missing;
  if (first) {
    const which = missing.length > 1 ? `${first.release} and the next` : `${first.release}${first === next ? ', which boots next' : ''}`;
    return checked('headers', 'fault', `missing for ${which}: dkms cannot build`, headersCure(missing, kernels, packages));
  }
  const moving = missingMoving.filter((name) => candidates.has(name));
  const found = (living[0] ?? running).headersPackage;
  if (moving.length === 0) return checked('headers', 'ok', found);
  const text = `${found}; without ${moving.join(' ')} the next kernel comes alone`;
  return checked('headers', 'note', text, [asRoot(`apt install ${moving.join(' ')}`)]);
}

function headersCure(missing: readonly Kernel[], { missingMoving, candidates }: Kernels, packages: Packages): Cure[] {
  const names = missing.map((kernel) => kernel.headersPackage);
  const moving = missingMoving.filter((name) => candidates.has(name));
  const isHalfway = [...packages.values()].some(isHalf);
  const note = isHalfway ? 'apt also reports what is half-configured; see below' : undefined;
  if (names.every((name) => candidates.has(name))) return [asRoot(`apt install ${[...names, ...moving].join(' ')}`, note)];
  if (isProxmox(missing[0]?.release ?? ''))
    return [
      asRoot(
        'pvesh set /nodes/$(hostname)/apt/repositories --handle no-subscription',
        "apt's lists do not have them; with a subscription: enterprise",
      ),
      asRoot('apt update'),
      asRoot(`apt install ${[...names, ...missingMoving].join(' ')}`),
    ];
  const image = missingMoving.map(movingImageOf).find((name) => present(packages, name));
  if (image !== undefined)
    return [
      asRoot('apt update'),
      asRoot(`apt install ${[image, ...missingMoving].join(' ')}`, `where ${names.join(' ')} is gone from the archive: its newest kernel`),
      asRoot('reboot', 'last of all'),
    ];
  return [
    asRoot('apt update'),
    asRoot(`apt install ${names.join(' ')}`, 'from where this kernel came from; for one of your own: make bindeb-pkg'),
  ];
}

/** The package of a compiler, as Debian and Ubuntu name it. */
function packageOf({ name, major }: Compiler): string {
  return `${name}-${major}`;
}

/** The compilers that are there, by name and major version, as in gcc-12. */
export async function readCompilers(machine: Machine): Promise<string[]> {
  const names = await machine.names('/usr/bin');
  return [...new Set(names.flatMap((name) => /^(?:[\w]+-linux-gnu-)?((?:gcc|clang)-\d+)$/.exec(name)?.[1] ?? []))];
}

/** @param compilers those that are installed, as readCompilers gives them */
export function judgeCompiler(kernels: Kernels, compilers: readonly string[]): Check {
  const wanted = livingKernels(kernels).flatMap(({ release, headers }) => (headers?.compiler ? [{ ...headers.compiler, release }] : []));
  const [first] = wanted;
  if (!first) {
    if (compilers.length === 0) return checked('compiler', 'fault', 'no compiler is installed', [asRoot('apt install gcc make')]);
    return checked('compiler', 'unknown', `${compilers.join(', ')}; the headers say which one the kernel wants`);
  }
  const lacking = wanted.find((one) => !compilers.includes(packageOf(one)));
  if (!lacking) return checked('compiler', 'ok', `${packageOf(first)}, which built the kernel`);
  const name = packageOf(lacking);
  const others = compilers.filter((other) => other.startsWith(`${lacking.name}-`));
  const text = `${name} built ${lacking.release}; ${others.length > 0 ? `here is ${others.join(', ')}` : 'it is not installed'}`;
  const isNewer = others.some((other) => Number(other.split('-')[1]) > lacking.major);
  const install = asRoot(`apt install ${name}`);
  if (kernels.candidates.has(name)) return checked('compiler', isNewer ? 'note' : 'fault', text, [install]);
  // It knows all options of an older one, and kbuild only warns.
  if (isNewer) return checked('compiler', 'note', `${text}: newer, which kbuild only warns of`);
  const own = asRoot(`apt install ${kernels.own}`, `a kernel of this distribution, which has no ${name}`);
  return checked('compiler', 'fault', text, [own, asRoot('reboot', 'last of all')]);
}
