import type { Context } from '../context.js';
import { MftPatchError, messageOf } from '../errors.js';
import type { RemoteFile } from './fetch-to-cache.js';
import { failDownload, request, retryPolicy, textOf } from './http.js';

/** What the vendor's download page asks for. Read from clients of it; never tested against the real one. */
const page = 'https://downloaders.azurewebsites.net/downloaders/mft_downloader/helper.php';

/**
 * Asks the vendor's download page for the SHA-256 of a bundle.
 *
 * @throws download-failed if the page does not answer as expected
 */
export async function askVendor(bundle: RemoteFile, context: Context, url = page): Promise<string> {
  const [, version = '', arch = ''] = /^mft-(.+)-(x86_64|arm64|aarch64|ppc64)-deb\.tgz$/.exec(bundle.name) ?? [];
  const form = new URLSearchParams({
    action: 'get_download_info',
    version,
    distro: 'Linux',
    os: 'DEB based',
    arch: arch === 'arm64' ? 'aarch64' : arch,
  });
  try {
    // A digest is worth as much as the way that it comes.
    const wanted = { url, headers: {}, retry: retryPolicy, signal: context.signal, mustBeGuarded: true, form };
    const answer: unknown = JSON.parse(await textOf(await request(wanted, context), url));
    const { files } = Object(answer) as { files?: unknown };
    const all: { file?: unknown; url?: unknown; sha?: unknown }[] = Array.isArray(files) ? files.map(Object) : [];
    const isMeant = (place: unknown) => typeof place === 'string' && place.endsWith(`/${bundle.name}`);
    const sha = all.find(({ file, url: place }) => file === bundle.name || isMeant(place))?.sha;
    const digest = typeof sha === 'string' ? sha.toLowerCase() : '';
    return /^[0-9a-f]{64}$/.test(digest) ? digest : failDownload(url, `the page has no SHA-256 for ${bundle.name}`);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof MftPatchError) throw error;
    return failDownload(url, messageOf(error), error);
  }
}
