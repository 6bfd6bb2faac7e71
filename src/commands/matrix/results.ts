/** The result of a matrix: read, merged, and written as reports. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from '../../context.js';
import { packageField, releaseName } from '../../default-package.js';
import type { MatrixCell, MatrixDocument, MftVersion } from '../../documents/index.js';
import { fail, messageOf } from '../../errors.js';
import { asJson } from '../../system/json.js';
import { writeAtomic } from '../../system/stage.js';
import type { MatrixKernel } from './cell.js';

/** The result that the last run left in the directory. @throws usage if there is none */
export function lastResult(directory: string): Promise<MatrixDocument> {
  return readResult(join(directory, 'matrix.json'), 'run without --only-failed first, or pass its directory with --out');
}

/** A result as `matrix --json` prints it; each value is checked, since it may have been written by hand. @throws usage */
export async function readResult(path: string, hint: string): Promise<MatrixDocument> {
  const [{ safeParse }, { matrixDocument }, { describe }] = await Promise.all([
    import('valibot'),
    import('../../documents/matrix.js'),
    import('../../system/data-file.js'),
  ]);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    return fail({ code: 'usage', detail: `cannot read ${path}: ${messageOf(error)}`, hint }, error);
  }
  const result = safeParse(matrixDocument, value);
  if (result.success) return value as MatrixDocument;
  return fail({ code: 'usage', detail: `${path} is not a matrix result: ${describe(result.issues[0])}`, hint });
}

/**
 * What --kernel must say to mean a kernel of an earlier result.
 * @throws usage for a kernel of the user's own source or headers: its name may mean another one
 */
export function nameAgain({ target, requested = target }: MatrixCell): string {
  if (requested !== '') return requested;
  return fail({
    code: 'usage',
    detail: `the previous run tested ${target}, a kernel of your own`,
    hint: 'pass that --kernel-source or --headers again, or name other kernels with --kernel',
  });
}

/** What a result is of: the package, if it is not the default one, version and revision. */
export function releaseText({ package: name, mft }: Pick<MatrixDocument, 'package' | 'mft'>): string {
  return `${releaseName(name)} ${mft.version}-${mft.revision}`;
}

/** @throws usage if the last run was for another release */
export function refuseOtherRelease(last: MatrixDocument, now: { name: string; mft: MftVersion }): void {
  const [before, after] = [releaseText(last), releaseText({ ...packageField(now.name), mft: now.mft })];
  const detail = `the previous run was for ${before}, this one is for ${after}`;
  if (before !== after) fail({ code: 'usage', detail, hint: 'run without --only-failed' });
}

/** The kernels in the order in which they are best begun: what took longest last time first, what is not known before all. */
export function longestFirst(kernels: readonly MatrixKernel[], last: MatrixDocument | undefined): MatrixKernel[] {
  const took = new Map(last?.cells.map(({ target, vendor, patched }) => [target, patched.seconds + (vendor?.seconds ?? 0)]));
  const expected = ({ target }: MatrixKernel) => took.get(target.name) ?? Number.MAX_VALUE;
  return [...kernels].sort((a, b) => expected(b) - expected(a));
}

/** The older result with the newer one's cells in their places; new ones come last. */
export function mergeResults(older: MatrixDocument, newer: MatrixDocument): MatrixDocument {
  const fresh = new Map(newer.cells.map((cell) => [cell.target, cell]));
  const kept = older.cells.map((cell) => fresh.get(cell.target) ?? cell);
  const added = newer.cells.filter(({ target }) => !older.cells.some((cell) => cell.target === target));
  const [date] = [older.date, newer.date].filter((date) => date !== undefined).sort();
  const seconds = [older.seconds, newer.seconds].filter((seconds) => seconds !== undefined);
  const sum = seconds.reduce((total, some) => total + some, 0);
  const times = { ...(date === undefined ? {} : { date }), ...(seconds.length > 0 ? { seconds: Math.round(sum * 10) / 10 } : {}) };
  const { schema, mft } = newer;
  return { schema, ...(newer.package === undefined ? {} : { package: newer.package }), mft, ...times, cells: [...kept, ...added] };
}

const renderers: Record<string, () => Promise<(document: MatrixDocument) => string>> = {
  '.json': async () => asJson,
  '.xml': async () => (await import('../../report/junit.js')).renderJunit,
  '.md': async () => (await import('../../report/markdown.js')).renderMarkdown,
  '.html': async () => (await import('../../report/html.js')).renderHtml,
};

/** The endings of the names of reports. */
export const reportFormats = Object.keys(renderers);

/** Writes the result to each file, in the format that its name ends in. @throws cannot-write */
export async function writeReports(paths: readonly string[], document: MatrixDocument, context: Context): Promise<void> {
  for (const path of paths) {
    const render = await renderers[extname(path)]?.();
    if (render) await writeAtomic(path, render(document), context);
  }
}
