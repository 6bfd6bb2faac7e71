/** Whether verdicts of different runs go together: one holds for a test only if it was a verdict on exactly what that would test. */
import type { CellVerdict, MatrixDocument, Provenance } from '../../documents/index.js';
import { releaseOf, releaseText } from '../../report/releases.js';

/** What all verdicts of a result have in common. */
const ofTheRun = ['program', 'architecture', 'boot', 'kind'] as const;
const ofThePackage = ['patches', 'package'] as const;
const all = [...ofTheRun, ...ofThePackage, 'image', 'engine'] as const;
type Fact = (typeof all)[number];

/**
 * Why an earlier verdict does not do for a test that would be made now; undefined if it does.
 *
 * @param kept the statuses that are worth keeping
 */
export function reasonToTest(before: CellVerdict | undefined, now: Provenance, kept: readonly CellVerdict['status'][]): string | undefined {
  if (before === undefined) return 'not tested last time';
  if (!kept.includes(before.status)) return before.status === 'fails' ? 'failed last time' : 'could not be tested last time';
  const on = onOf(before);
  return on === undefined ? unknown : differences(on, now, all)[0];
}

/** What a verdict holds for: the package of its run, where another one was tested that is the same for the kernel. */
function onOf({ on, standsFor }: CellVerdict): Provenance | undefined {
  return on && { ...on, ...standsFor };
}

const unknown = 'the result does not record what was tested';

/** A result, and the file that it was read from. */
export interface Part {
  path: string;
  document: MatrixDocument;
}

/** Two results that cannot be one, and why: a difference in program, architecture, options or package. */
export interface Difference {
  one: string;
  other: string;
  difference: string;
}

/** The first difference that keeps results apart; a result by itself may have one, too. */
export function findDifference(parts: readonly Part[]): Difference | undefined {
  const verdicts = (column: 'vendor' | 'patched') =>
    parts.flatMap(({ path, document }) =>
      document.cells.flatMap(({ [column]: verdict, ...cell }) =>
        verdict ? [{ path, target: cell.target, release: releaseText(releaseOf(document, cell)), ...verdict }] : [],
      ),
    );
  return findIn(verdicts('patched')) ?? findIn(verdicts('vendor'));
}

function findIn(verdicts: readonly (CellVerdict & { path: string; target: string; release: string })[]): Difference | undefined {
  // What builds proves nothing if nobody knows on what.
  const blind = verdicts.find(({ status, on }) => status === 'builds' && on === undefined);
  if (blind) return { one: blind.path, other: blind.path, difference: `${blind.target}: ${unknown}` };
  const known = verdicts.flatMap(({ path, release, ...verdict }) => {
    const on = onOf(verdict);
    return on ? [{ path, on, key: `${release} ${packageKey(on)}` }] : [];
  });
  const packages = new Map<string, (typeof known)[number]>();
  for (const one of known) {
    const { path, on, key } = one;
    const [first = one] = known;
    const same = packages.get(key) ?? one;
    packages.set(key, same);
    const [run] = differences(first.on, on, ofTheRun);
    if (run !== undefined) return { one: first.path, other: path, difference: run };
    const [content] = differences(same.on, on, ofThePackage);
    if (content !== undefined) return { one: same.path, other: path, difference: content };
  }
  return undefined;
}

/** Verdicts of one release and key must be on the same package: there is one for all kernels, or for those that need the same patches. */
function packageKey({ options, patches = [] }: Provenance): string {
  return options.package === 'baked' ? patches.map(({ id }) => id).join() : '';
}

function differences(a: Provenance, b: Provenance, facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) => {
    const [first, second] = [textOf[fact](a), textOf[fact](b)];
    if (first === second) return [];
    if (fact === 'patches') return patchDifference(a, b);
    return `${labels[fact]} ${first}, then ${second}`;
  });
}

const short = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

const labels: Record<Fact, string> = {
  program: 'program',
  architecture: 'architecture',
  boot: 'option',
  kind: 'package',
  patches: 'patches',
  package: 'package',
  image: 'image',
  engine: 'engine',
};

const textOf: Record<Fact, (on: Provenance) => string> = {
  program: ({ program }) => `${program.version} (${short(program.sha256)})`,
  architecture: ({ architecture }) => architecture,
  boot: ({ options }) => (options.boot ? '--boot' : 'no --boot'),
  kind: ({ options }) => options.package ?? 'not built here',
  patches: ({ patches = [] }) => patches.map(({ id, sha256 }) => `${id} ${sha256}`).join(),
  package: (on) => short(on.package),
  image: (on) => short(on.image),
  engine: ({ engine }) => engine,
};

/** The first patch in which they differ. */
function patchDifference({ patches: a = [] }: Provenance, { patches: b = [] }: Provenance): string {
  const changed = b.find(({ id, sha256 }) => a.some((patch) => patch.id === id && patch.sha256 !== sha256));
  if (changed) return `patch ${changed.id} has changed`;
  const [names, others] = [a, b].map((patches) => patches.map(({ id }) => id).join(', ') || 'none');
  return `patches ${names}, then ${others}`;
}
