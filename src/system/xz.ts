/** Programs of the machine that stand in where a library falls short; loaded when that happens. */

const alone = { env: process.env, signal: new AbortController().signal, debug: () => {} };

/** Runs `xz -dc`; at most `limit` bytes may come out. Rejects if xz is missing or refuses the input. */
export async function xz(bytes: Buffer, limit: number): Promise<Buffer | undefined> {
  const { runProgram } = await import('./run-program.js');
  const { exitCode, stdout, stderr } = await runProgram('xz', ['-dc'], { input: bytes, binary: true }, alone);
  if (exitCode === 127) throw new Error('the built-in xz reader does not know this stream, and the program xz is not installed');
  if (stdout.length > limit) return undefined;
  if (exitCode !== 0) throw new Error(stderr.trim() || `xz exits with ${exitCode}`);
  return stdout;
}
