/** Signatures by gpg(1), with a key of the user's. */
import { join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type RunResult, runProgram } from '../system/run-program.js';

/** Runs gpg, which asks for a passphrase by its agent alone. @throws cannot-write if it is not installed */
async function gpg(args: string[], directory: string, context: Context): Promise<RunResult> {
  const result = await runProgram('gpg', ['--batch', '--no-tty', ...args], { binary: true }, context);
  if (result.exitCode !== 127) return result;
  return fail({
    code: 'cannot-write',
    path: join(directory, 'InRelease'),
    detail: 'gpg is not installed',
    hint: 'install gnupg, or omit --gpg-key',
  });
}

/**
 * The fingerprint of the secret key that is meant (gnupg's doc/DETAILS, colon listings).
 * @param key whatever gpg takes for one: a fingerprint, an id, a mail address
 * @throws usage if gpg has no such key, or several
 */
export async function fingerprintOf(key: string, directory: string, context: Context): Promise<string> {
  const { exitCode, stdout } = await gpg(['--with-colons', '--list-secret-keys', '--', key], directory, context);
  const records = stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(':'));
  // A key's own fingerprint follows it; those of its subkeys come after that.
  const found = records.flatMap(([kind], index) =>
    kind === 'sec' ? (records.slice(index).find(([next]) => next === 'fpr')?.[9] ?? []) : [],
  );
  const [fingerprint, ...others] = found;
  if (exitCode === 0 && fingerprint !== undefined && others.length === 0) return fingerprint;
  const detail = others.length > 0 ? `gpg has ${found.length} secret keys for '${key}'` : `gpg has no secret key for '${key}'`;
  return fail({ code: 'usage', detail, hint: 'list the keys with gpg --list-secret-keys, and pass a fingerprint with --gpg-key' });
}

/** A Release file that is signed, and where. */
export interface Signing {
  /** The fingerprint of the key. */
  key: string;
  /** The archive, for messages. */
  directory: string;
  /** Where Release is, and where InRelease and Release.gpg are or are written. */
  place: string;
}

/** Writes InRelease and Release.gpg for the Release file beside them. @throws cannot-write in gpg's words */
export async function signRelease({ key, directory, place }: Signing, context: Context): Promise<void> {
  const signed = [
    ['InRelease', '--clearsign'],
    ['Release.gpg', '--armor', '--detach-sign'],
  ] as const;
  for (const [name, ...how] of signed) {
    const args = ['--yes', '--local-user', key, '--digest-algo', 'SHA512', '--output', join(place, name), ...how, join(place, 'Release')];
    const { exitCode, stderr } = await gpg(args, directory, context);
    if (exitCode === 0) continue;
    const words = stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
    fail({ code: 'cannot-write', path: join(directory, name), detail: `gpg exits with ${exitCode}: ${words}`, hint: 'check the key' });
  }
}

/** Whether InRelease and Release.gpg are good signatures of this Release file by this key. */
export async function isSigned(release: Buffer, { key, directory, place }: Signing, context: Context): Promise<boolean> {
  const isBy = ({ exitCode, stderr }: RunResult) =>
    exitCode === 0 && new RegExp(`^\\[GNUPG:\\] VALIDSIG (${key} .*|.* ${key})$`, 'm').test(stderr);
  const status = ['--status-fd', '2'];
  const inline = await gpg([...status, '--output', '-', '--verify', join(place, 'InRelease')], directory, context);
  if (!isBy(inline) || inline.stdout.toString('latin1').trimEnd() !== release.toString('latin1').trimEnd()) return false;
  return isBy(await gpg([...status, '--verify', join(place, 'Release.gpg'), join(place, 'Release')], directory, context));
}
