/** Programs of the machine that stand in where a library falls short. */

/** Runs `xz -dc`; at most `limit` bytes may come out. Rejects if xz is missing or refuses the input. */
export async function xz(bytes: Buffer, limit: number): Promise<Buffer> {
  const { execa } = await import('execa');
  const result = await execa('xz', ['-dc'], {
    input: bytes,
    encoding: 'buffer',
    maxBuffer: limit,
    reject: false,
    stripFinalNewline: false,
  });
  if (result.code === 'ENOENT') throw new Error('the built-in xz reader does not know this stream, and the program xz is not installed');
  if (result.isMaxBuffer) throw new Error(`unpacks to more than ${limit} bytes`);
  if (result.exitCode !== 0) throw new Error(Buffer.from(result.stderr).toString().trim() || `xz exits ${result.exitCode}`);
  return Buffer.from(result.stdout);
}
