import { fail, messageOf } from '../errors.js';
import type { RemoteFile } from './fetch-to-cache.js';

/** What the vendor's download page asks for. Read from clients of it; never tested against the real one. */
const page = 'https://downloaders.azurewebsites.net/downloaders/mft_downloader/helper.php';

/**
 * Asks the vendor's download page for the SHA-256 of a bundle.
 *
 * @throws download-failed if the page does not answer as expected
 */
export async function askVendor(bundle: RemoteFile, signal: AbortSignal, url = page): Promise<string> {
  const { default: fetch } = await import('node-fetch');
  const [, version = '', arch = ''] = /^mft-(.+)-(x86_64|arm64|aarch64|ppc64)-deb\.tgz$/.exec(bundle.name) ?? [];
  const form = new URLSearchParams({
    action: 'get_download_info',
    version,
    distro: 'Linux',
    os: 'DEB based',
    arch: arch === 'arm64' ? 'aarch64' : arch,
  });
  const failed = (detail: string, cause?: unknown) => fail({ code: 'download-failed', url, detail }, cause);
  try {
    const response = await fetch(url, { method: 'POST', body: form, signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) });
    if (!response.ok) failed(`the page returned ${response.status} ${response.statusText}`);
    const { files } = (await response.json()) as { files?: { file?: string; url?: string; sha?: string }[] };
    const sha = files?.find(({ file, url: place }) => file === bundle.name || place?.endsWith(`/${bundle.name}`))?.sha?.toLowerCase();
    return sha !== undefined && /^[0-9a-f]{64}$/.test(sha) ? sha : failed(`the page has no SHA-256 for ${bundle.name}`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && error.name === 'MftPatchError') throw error;
    return failed(messageOf(error), error);
  }
}
