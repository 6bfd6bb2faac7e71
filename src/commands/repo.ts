import { join, resolve } from 'node:path';
import type { Context } from '../context.js';
import type { RepoDocument } from '../documents/index.js';
import { writeRepository } from '../output/apt-repository.js';

export interface RepoRequest {
  /** The directory with the packages. */
  directory: string;
  /** The key of gpg that signs the archive; undefined for one that is not signed. */
  gpgKey: string | undefined;
}

/** Makes an apt archive of a directory of packages. */
export async function repo({ directory, gpgKey }: RepoRequest, context: Context): Promise<RepoDocument> {
  const { packages, files, date, fingerprint } = await writeRepository(directory, gpgKey, context);
  const trust = fingerprint === undefined ? 'trusted=yes' : 'signed-by=/etc/apt/keyrings/mft-patch.asc';
  return {
    schema: 'mft-patch/repo@1',
    directory,
    source: `deb [${trust}] file:${encodeURI(resolve(directory))} ./`,
    date: date.toISOString(),
    ...(fingerprint === undefined ? {} : { signedBy: fingerprint }),
    packages: packages.map(({ file, name, version, architecture, sha256, bytes }) => ({
      ...{ file, package: name, version, architecture, sha256, bytes },
    })),
    files: files.map(({ name, sha256, content }) => ({ path: join(directory, name), sha256, bytes: content.length })),
  };
}
