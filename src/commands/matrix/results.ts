/** The result of a matrix: read, merged, and written as reports. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from '../../context.js';
import type { MatrixCell, MatrixDocument } from '../../documents/index.js';
import { fail, messageOf } from '../../errors.js';
import type { VendorPackage } from '../../packaging/prepare.js';
import { cellKey, type Release, releasesOf, releaseText } from '../../report/releases.js';
import { asJson } from '../../system/json.js';
import { writeAtomic } from '../../system/stage.js';
import type { MatrixKernel } from './cell.js';
import { releaseField } from './read-releases.js';

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

/** @throws usage if the last run was for none of these releases */
export function refuseOtherRelease(last: MatrixDocument, reads: readonly Pick<VendorPackage, 'name' | 'mft'>[]): void {
  const [before, now] = [releasesOf(last).map(releaseText), reads.map((read) => releaseText(releaseField(read)))];
  const detail = `the previous run was for ${before.join(', ')}, this one is for ${now.join(', ')}`;
  if (!now.some((release) => before.includes(release))) fail({ code: 'usage', detail, hint: 'run without --only-failed' });
}

/** The cells in the order in which they are best begun: what took longest last time first, what is not known before all. */
export function longestFirst<Cell extends MatrixKernel & Partial<Release>>(
  cells: readonly Cell[],
  last: MatrixDocument | undefined,
): Cell[] {
  const took = new Map(last?.cells.map((cell) => [cellKey(last, cell), cell.patched.seconds + (cell.vendor?.seconds ?? 0)]));
  const expected = ({ target, package: name, mft }: Cell) => {
    const release = { ...(name === undefined ? {} : { package: name }), ...(mft ? { mft } : {}) };
    return (last && took.get(cellKey(last, { ...release, target: target.name }))) ?? Number.MAX_VALUE;
  };
  return [...cells].sort((a, b) => expected(b) - expected(a));
}

const renderers: Record<string, (document: MatrixDocument, path: string) => Promise<string>> = {
  '.json': async (document) => asJson(document),
  '.xml': async (document) => (await import('../../report/junit.js')).renderJunit(document),
  '.md': async (document) => (await import('../../report/markdown.js')).renderMarkdown(document),
  '.html': async (document, path) => {
    const [{ renderHtml }, { linksBeside }] = await Promise.all([import('../../report/html.js'), import('./beside.js')]);
    const links = await linksBeside(path, document);
    return renderHtml(document, (file) => links.get(file));
  },
};

/** The endings of the names of reports. */
export const reportFormats = Object.keys(renderers);

/** Writes the result to each file, in the format that its name ends in. @throws cannot-write */
export async function writeReports(paths: readonly string[], document: MatrixDocument, context: Context): Promise<void> {
  for (const path of paths) {
    const text = await renderers[extname(path)]?.(document, path);
    if (text !== undefined) await writeAtomic(path, text, context);
  }
}
