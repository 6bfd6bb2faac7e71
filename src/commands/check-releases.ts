import { readFile } from 'node:fs/promises';
import { findNewReleases, type Page, withEntries } from '../bundle/new-releases.js';
import { parseReleases } from '../bundle/release-file.js';
import { loadReleases } from '../bundle/releases.js';
import type { Context } from '../context.js';
import type { ReleasesCheckDocument } from '../documents/index.js';
import { page, pageRetry } from '../download/ask-vendor.js';
import { failInput } from '../errors.js';
import { writeAtomic } from '../system/stage.js';

/**
 * Asks the vendor's page for releases that no catalogue has, and writes them to a file.
 *
 * @throws download-failed; bad-catalogue for the file, no-input, cannot-write
 */
export async function checkReleases(
  { add }: { add: string | undefined },
  context: Context,
  asked: Page = { url: page, retry: pageRetry },
): Promise<ReleasesCheckDocument> {
  const text = add === undefined ? '' : await readOwn(add);
  const own = text === '' ? [] : parseReleases(add ?? '', text);
  const date = new Date().toISOString().slice(0, 10);
  const { found, ...rest } = await findNewReleases([...(await loadReleases(context)), ...own], asked, date, context);
  if (add !== undefined && found.length > 0) await writeAtomic(add, withEntries(text, found, add), context);
  return {
    schema: 'mft-patch/releases-check@1',
    page: asked.url,
    ...rest,
    found: found.map(({ version, revision, arch, url, digests: { sha256 } }) => ({
      ...{ version, revision, arch, url },
      ...(sha256 === undefined ? {} : { sha256 }),
    })),
    ...(add !== undefined && found.length > 0 ? { file: add } : {}),
  };
}

function readOwn(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => (error.code === 'ENOENT' ? '' : failInput(path, error, 'check --add')));
}
