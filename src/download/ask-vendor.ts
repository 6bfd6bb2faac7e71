import type { Context } from '../context.js';
import { MftPatchError, messageOf } from '../errors.js';
import type { RemoteFile } from './fetch-to-cache.js';
import { failDownload, pause, type RetryPolicy, request, retryPolicy, TransientError, textOf } from './http.js';

/** What the vendor's download page asks for. Read from clients of it; never tested against the real one. */
export const page = 'https://downloaders.azurewebsites.net/downloaders/mft_downloader/helper.php';

/** A page is asked few times: who waits for it can ask again. */
export const pageRetry: RetryPolicy = { ...retryPolicy, retries: 2 };

/** A bundle for Debian, as the page names it. */
export interface VendorFile {
  /** The name of the file, as in mft-4.20.1-14-x86_64-deb.tgz. */
  name: string;
  /** Where it is, if the page says so. */
  url?: string;
  sha256?: string;
}

const bundleForm = /^mft-\d+(?:\.\d+){2,3}-\d+-(?:x86_64|arm64|aarch64|ppc64|ppc64le)-deb\.tgz$/;

/**
 * Asks the vendor's download page for the SHA-256 of a bundle.
 *
 * @throws download-failed if the page does not answer as expected
 */
export async function askVendor(bundle: RemoteFile, context: Context, url = page): Promise<string> {
  const [, version = '', arch = ''] = /^mft-(.+)-(x86_64|arm64|aarch64|ppc64)-deb\.tgz$/.exec(bundle.name) ?? [];
  const files = await vendorFiles({ version, arch }, context, url);
  const digest = files.find(({ name }) => name === bundle.name)?.sha256;
  return digest ?? failDownload(url, `the page has no SHA-256 for ${bundle.name}`);
}

/**
 * The bundles for Debian of a version and architecture.
 *
 * @param version as the page lists it
 * @throws download-failed if the page does not answer as expected
 */
export async function vendorFiles(
  { version, arch }: { version: string; arch: string },
  context: Context,
  url = page,
  retry = pageRetry,
): Promise<VendorFile[]> {
  const form = {
    action: 'get_download_info',
    version,
    distro: 'Linux',
    os: 'DEB based',
    arch: arch === 'arm64' ? 'aarch64' : arch,
  };
  const { files } = Object(await ask(form, { url, retry }, context)) as { files?: unknown };
  const all: { file?: unknown; url?: unknown; sha?: unknown }[] = Array.isArray(files) ? files.map(Object) : [];
  return all.flatMap(({ file, url: place, sha }) => {
    const from = typeof place === 'string' ? place : '';
    const name = [file, from.replace(/^.*\//, '')].find((text): text is string => typeof text === 'string' && bundleForm.test(text));
    if (name === undefined) return [];
    const digest = typeof sha === 'string' && /^[0-9a-f]{64}$/i.test(sha) ? { sha256: sha.toLowerCase() } : {};
    return [{ name, ...(from.endsWith(`/${name}`) ? { url: from } : {}), ...digest }];
  });
}

/** What a page may list: more is not a list of releases. */
const mostVersions = 500;

/**
 * The versions that the page lists, as it writes them. How its answer is built is not known; whatever in it has the form of a
 * version counts.
 *
 * @throws download-failed if it lists none
 */
export async function vendorVersions(context: Context, url = page, retry = pageRetry): Promise<string[]> {
  const versions = [...new Set(textsIn(await ask({ action: 'get_versions' }, { url, retry }, context)))].filter((text) =>
    /^\d{1,3}(\.\d{1,3}){2,3}(-[A-Za-z0-9.]{1,20})?$/.test(text),
  );
  if (versions.length === 0) return failDownload(url, 'the page lists no version');
  if (versions.length > mostVersions) return failDownload(url, `the page lists ${versions.length} versions, more than ${mostVersions}`);
  return versions;
}

/** All texts of a JSON value: its strings, and the names of its fields. */
function textsIn(value: unknown): string[] {
  // Not by recursion: an answer may be nested deeper than a stack is.
  const [texts, open]: [string[], unknown[]] = [[], [value]];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') texts.push(next.trim());
    else if (next !== null && typeof next === 'object') {
      if (!Array.isArray(next)) texts.push(...Object.keys(next));
      open.push(...Object.values(next).reverse());
    }
  }
  return texts;
}

/** Sends a form. @returns the JSON that the page answers @throws download-failed */
async function ask(form: Record<string, string>, { url, retry }: { url: string; retry: RetryPolicy }, context: Context): Promise<unknown> {
  // A digest is worth as much as the way that it comes.
  const wanted = { url, headers: {}, retry, signal: context.signal, mustBeGuarded: true, form: new URLSearchParams(form) };
  for (let failures = 1; ; failures++) {
    try {
      return JSON.parse(await textOf(await request(wanted, context), url));
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof MftPatchError) throw error;
      // What is not JSON stays so; a connection that broke may hold the next time.
      if (error instanceof SyntaxError || failures > retry.retries) return failDownload(url, messageOf(error), error);
      const failure = error instanceof TransientError ? error : new TransientError(messageOf(error));
      await pause(failure, failures, retry, context.signal);
    }
  }
}
