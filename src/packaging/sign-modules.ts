/** Signs kernel modules with a key of the user's, as scripts/sign-file of the kernel does. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Context } from '../context.js';
import { fail, failInput, messageOf } from '../errors.js';
import { runProgram } from '../system/run-program.js';
import { withoutSignature, withSignature } from './module-signature.js';

/** Where a key and its certificate are. */
export interface KeyFiles {
  /** A private key in PEM. Its passphrase is in $KBUILD_SIGN_PIN, as for sign-file. */
  key: string;
  /** Its X.509 certificate in PEM or DER. */
  cert: string;
}

/** A key that signs. */
export interface Signer {
  /** SHA-256 of the certificate in hex. */
  fingerprint: string;
  /** Signs a module that is not compressed. @param hash as CONFIG_MODULE_SIG_HASH names it */
  sign(module: Buffer, hash: string): Promise<Buffer>;
}

/** Opens a key, and tries it: what is wrong with it shows before anything is built. @throws no-input, cannot-write without openssl */
export async function openSigner({ key, cert }: KeyFiles, context: Context): Promise<Signer> {
  const [, certificate] = await Promise.all([readInput(key, '--sign-key', context), readInput(cert, '--sign-cert', context)]);
  const sign = async (module: Buffer, hash: string) => {
    const plain = withoutSignature(module);
    return withSignature(plain, await signatureBy({ key, cert }, { plain, hash }, context));
  };
  await sign(Buffer.alloc(0), 'sha256');
  return { fingerprint: fingerprintOf(certificate, cert), sign };
}

async function readInput(path: string, option: string, { inputs }: Context): Promise<Buffer> {
  const bytes = await readFile(path).catch((error) => failInput(path, error, `check ${option}`));
  inputs.add(path);
  return bytes;
}

function fingerprintOf(certificate: Buffer, path: string): string {
  try {
    return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch (error) {
    return fail({ code: 'no-input', path, detail: `is not an X.509 certificate: ${messageOf(error)}`, hint: 'check --sign-cert' }, error);
  }
}

/**
 * A detached PKCS#7 signature in DER without attributes and certificates: what CMS_sign() and CMS_final() in sign-file.c make
 * with CMS_NOCERTS, CMS_BINARY, CMS_NOSMIMECAP and CMS_NOATTR.
 */
async function signatureBy({ key, cert }: KeyFiles, { plain, hash }: { plain: Buffer; hash: string }, context: Context): Promise<Buffer> {
  // Without one openssl would ask at the terminal for that of a key that has one.
  const passphrase = ['-passin', context.env.KBUILD_SIGN_PIN === undefined ? 'pass:' : 'env:KBUILD_SIGN_PIN'];
  const how = ['-sign', '-binary', '-noattr', '-nocerts', '-nosmimecap', '-md', hash, '-outform', 'DER'];
  const args = ['cms', ...how, '-signer', cert, '-inkey', key, ...passphrase];
  const { exitCode, stdout, stderr } = await runProgram('openssl', args, { input: plain, binary: true }, context);
  if (exitCode === 0 && stdout.length > 0) return stdout;
  if (exitCode === 127)
    fail({ code: 'cannot-write', path: 'the signature', detail: 'openssl is not installed', hint: 'install openssl, or omit --sign-key' });
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return fail({
    code: 'no-input',
    path: key,
    detail: `openssl cannot sign with it: ${reasonIn(last).slice(0, 300)}`,
    hint: 'pass a key in PEM and its own certificate; a passphrase goes to $KBUILD_SIGN_PIN',
  });
}

/** The reason in a line of ERR_print_errors(3), which has id, code, library, function, reason, file, line and at times data. */
function reasonIn(line: string): string {
  return line.replace(/^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):[^:]*:\d+:(.*)$/, (_, reason: string, data: string) =>
    data === '' ? reason : `${reason}, ${data}`,
  );
}
