/** Runs xz(1) where the library for xz falls short; loaded when that happens. */

const unattended = { env: process.env, signal: new AbortController().signal, debug: () => {} };

/**
 * Runs `xz -dc`.
 *
 * @param limit the most bytes that may come out
 * @returns undefined if more come out
 * @throws Error if xz is not installed or refuses the input
 */
export async function xz(bytes: Buffer, limit: number): Promise<Buffer | undefined> {
  const { runProgram } = await import('./run-program.js');
  const { exitCode, stdout, stderr } = await runProgram('xz', ['-dc'], { input: bytes, binary: true }, unattended);
  if (exitCode === 127) throw new Error('unsupported xz stream for the built-in decoder, and xz is not installed');
  if (stdout.length > limit) return undefined;
  if (exitCode !== 0) throw new Error(stderr.trim() || `xz exited with status ${exitCode}`);
  return stdout;
}
