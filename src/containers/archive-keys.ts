/** The keys of the archives that a target names: from a file beside that of the target, or from the archive's own site. */
import type { Context } from '../context.js';
import { guardedText } from '../download/http.js';
import { fail, MftPatchError, messageOf } from '../errors.js';
import { keysIn } from '../kernels/archive-key.js';
import type { Target } from '../kernels/target.js';
import type { Archive } from '../kernels/target-file.js';
import { ownBytes, projectBytes } from '../project-files.js';
import { sourceOf } from './image-names.js';

/**
 * What ./Dockerfile takes as ARCHIVES: each archive's key in base64 and then its line of sources.list(5), with | between them. Of
 * a file with several keys only the one with the fingerprint is handed on.
 *
 * @throws bad-catalogue where the key is another one; no-input, download-failed
 */
export async function keyedArchives(target: Target, context: Context): Promise<string> {
  const lines = await Promise.all(
    (target.archives ?? []).map(async (archive) => `${(await keyOf(archive, target, context)).toString('base64')} ${sourceOf(archive)}`),
  );
  return lines.join('|');
}

async function keyOf({ key, fingerprint }: Archive, { name, directory }: Target, context: Context): Promise<Buffer> {
  const file = `${directory ?? 'kernels'}/${name}.json`;
  const keys = keysIn(await keyFile(key, directory, context));
  const refuse = (detail: string) =>
    fail({ code: 'bad-catalogue', file, detail, hint: 'do not use this archive before its owner has confirmed the fingerprint' });
  if (keys === undefined) return refuse(`${key} is not a file of OpenPGP public keys`);
  const found = keys.find((candidate) => candidate.fingerprint === fingerprint);
  return found?.bytes ?? refuse(`${key} holds the key ${keys.map((one) => one.fingerprint).join(' and ')}, expected ${fingerprint}`);
}

async function keyFile(key: string, directory: string | undefined, context: Context): Promise<Buffer> {
  if (/^https:/.test(key)) {
    context.progress({ step: 'download', text: `downloading the key of an archive from ${key}` });
    const text = await guardedText(key, context).catch((error) => {
      if (error instanceof MftPatchError || context.signal.aborted) throw error;
      const hint = 'download it by hand, and name that file as key in a copy of the target in a directory for --kernels-dir';
      return fail({ code: 'download-failed', url: key, detail: messageOf(error), hint }, error);
    });
    return Buffer.from(text, 'latin1');
  }
  if (directory === undefined) return projectBytes(`kernels/${key}`);
  return ownBytes(`${directory}/${key}`, 'write the key of the archive to it', context);
}
