import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { parseJson } from '../system/json.js';
import { parseKernelRelease } from './release.js';

/** A kernel that a package can be verified on: an image of a distribution with that kernel's headers. */
export interface Target {
  /** The name of its file in `kernels/`, as in debian-12. */
  name: string;
  title: string;
  /** major.minor of the kernel whose headers the image holds; empty where only the image can tell. */
  kernel: string;
  /** Its suite moves on, and so `kernel` is the oldest that can be expected. */
  rolling: boolean;
  /** The base image, by its name in a registry. */
  image: string;
  /** apt's suites: that of the base, which mmdebstrap makes where no registry has it, and those to add to it. */
  suites: string[];
  /** The packages that bring the headers, as apt-get(8) takes them; `{arch}` stands for Debian's name of the architecture. */
  headers: string;
  /** The moment, as in 20220702T000000Z, from which the added suites are taken (sources.list(5), Snapshot); empty for now. */
  snapshot: string;
  /** Whether an index past its Valid-Until date is refused, as apt does by itself. */
  checkValidUntil: boolean;
  /** The container engines that our CI tries it with. */
  tried: string[];
  /** The tree that the kernel's headers are prepared from, where no package brings them. */
  source?: KernelSource;
}

/** A kernel's source. */
export interface KernelSource {
  /** Gets it. @returns the path of a folder or of a tar archive */
  open(context: Context): Promise<string>;
  /** The text of a kernel configuration; else the tree's own .config, or defconfig. */
  config?: string;
}

const texts = ['title', 'kernel', 'image', 'headers', 'snapshot'] as const;
const flags = ['rolling', 'checkValidUntil'] as const;
const lists = ['suites', 'tried'] as const;
const required = ['title', 'kernel', 'image', 'suites', 'headers', 'tried'];
const known: string[] = [...texts, ...lists, ...flags];

/**
 * Reads a target from the text of its file.
 * @throws bad-catalogue naming the file, the line and what is expected there
 */
export function parseTarget(file: string, text: string): Target {
  const fields = parseFields(file, text);
  const bad = (name: string, detail: string): never => fail({ code: 'bad-catalogue', file, line: lineOf(text, name), detail });
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) bad(name, `the field '${name}' is not known; known are ${known.join(', ')}`);
  }
  for (const name of required) {
    if (!(name in fields)) bad('', `the field '${name}' is missing`);
  }
  const read = <T>(name: string, fallback: T, fits: (value: unknown) => boolean, expected: string): T =>
    !(name in fields) ? fallback : fits(fields[name]) ? (fields[name] as T) : bad(name, `the field '${name}' must be ${expected}`);
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  const textOf = (name: (typeof texts)[number]) => read(name, '', isText, 'a text that is not empty');
  const flagOf = (name: (typeof flags)[number], fallback: boolean) =>
    read(name, fallback, (value) => typeof value === 'boolean', 'true or false');
  const listOf = (name: (typeof lists)[number]) =>
    read<string[]>(name, [], (value) => Array.isArray(value) && value.every(isText), 'a list of texts');
  const target = {
    name: file.replace(/^.*\//, '').replace(/\.json$/, ''),
    title: textOf('title'),
    kernel: textOf('kernel'),
    rolling: flagOf('rolling', false),
    image: textOf('image'),
    suites: listOf('suites'),
    headers: textOf('headers'),
    snapshot: textOf('snapshot'),
    checkValidUntil: flagOf('checkValidUntil', true),
    tried: listOf('tried'),
  };
  if (!/^[1-9]\d{0,2}\.(0|[1-9]\d{0,2})$/.test(target.kernel))
    bad('kernel', `the field 'kernel' must be major.minor, as in 6.1, not '${target.kernel}'`);
  if (target.suites.length === 0) bad('suites', `the field 'suites' must name at least the suite of the base image, as in bookworm`);
  if (!/^$|^\d{8}T\d{6}Z$/.test(target.snapshot)) bad('snapshot', `the field 'snapshot' must be a moment, as in 20220702T000000Z`);
  const stranger = target.tried.find((engine) => !['docker', 'podman'].includes(engine));
  if (stranger !== undefined) bad('tried', `the field 'tried' must hold docker or podman, not '${stranger}'`);
  return target;
}

function parseFields(file: string, text: string): Record<string, unknown> {
  const fields = parseJson(file, text);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    fail({ code: 'bad-catalogue', file, line: 1, detail: 'a JSON object is expected' });
  return fields as Record<string, unknown>;
}

/** The line that a field stands in; the first if it stands nowhere. */
function lineOf(text: string, name: string): number {
  const line = text.split('\n').findIndex((candidate) => name !== '' && candidate.includes(`${JSON.stringify(name)}`));
  return line + 1 || 1;
}

/** major.minor of a release or version, for people. */
export function seriesOf(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? '';
}

/**
 * The targets that carry the major.minor of a release, the best first: one whose distribution builds kernels of such
 * names, else one that CI tries, else in the order of their names.
 */
export function targetsFor(release: string, targets: readonly Target[]): Target[] {
  const { major, minor, backporter } = parseKernelRelease(release);
  // Kernels with backports differ from all others of their number.
  const kin = targets.filter(({ name }) => backporter === undefined || (backporter === 'Ubuntu' && name.startsWith('ubuntu')));
  // Debian's later kernels name the release that they are built for: 6.12.95+deb12-amd64 is of the backports for 12.
  const debian = /\+deb(\d+)/.exec(release)?.[1];
  const flavour = debian ? `debian-${debian}` : /-generic\b/.test(release) ? 'ubuntu' : /-(amd64|arm64)$/.test(release) ? 'debian' : '';
  const isBackport = /[~+]bpo/.test(release);
  const rank = (target: Target) => [
    target.name.startsWith(flavour) ? 0 : 1,
    target.name.endsWith('-backports') === isBackport ? 0 : 1,
    target.tried.length > 0 ? 0 : 1,
  ];
  const order = (a: Target, b: Target) =>
    rank(a)
      .map((place, index) => place - (rank(b)[index] ?? 0))
      .find((difference) => difference !== 0) ?? 0;
  return kin.filter((candidate) => candidate.kernel === `${major}.${minor}`).sort(order);
}

/** The targets, those whose kernel is nearest to `wanted` first; of two equally near the newer, then the one that stays. */
export function nearestTargets(wanted: string, targets: readonly Target[]): Target[] {
  const place = (text: string) => {
    const { major, minor } = parseKernelRelease(text);
    return major * 1000 + minor;
  };
  const distance = (target: Target) => Math.abs(place(target.kernel) - place(wanted));
  return [...targets].sort(
    (a, b) => distance(a) - distance(b) || place(b.kernel) - place(a.kernel) || Number(a.rolling) - Number(b.rolling),
  );
}
