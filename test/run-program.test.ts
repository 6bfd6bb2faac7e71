/** Programs that write very much: what they say is told and kept within bounds. */
import { expect, test } from 'vitest';
import { runProgram } from '../src/system/run-program.js';
import { testContext } from './support.js';

async function run(script: string) {
  const lines: string[] = [];
  const result = await runProgram('bash', ['-c', script], { onLine: (line) => lines.push(line) }, testContext());
  return { ...result, lines };
}

test('a line is told whole, also when it comes in pieces, and in whatever letters', async () => {
  const { lines, stderr } = await run("printf 'one\\n\\ntw' >&2; sleep 0.1; printf 'o\\n\\xc3' >&2; sleep 0.1; printf '\\xa4\\nrest' >&2");
  expect(lines).toEqual(['one', '', 'two', 'ä']);
  expect(stderr).toBe('one\n\ntwo\nä\nrest');
});

test('a line without an end is told in pieces', async () => {
  const { lines, stderr, isCut } = await run("head -c 20000000 /dev/zero | tr '\\0' x >&2");
  expect({ length: stderr.length, isCut }).toEqual({ length: 20_000_000, isCut: false });
  expect(lines.length).toBeGreaterThan(50);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300_000);
});

test.each(['1', '2'])('what goes on and on on descriptor %s is ended, and this is told', async (descriptor) => {
  const { isCut, stdout, stderr } = await run(`yes >&${descriptor}`);
  expect(isCut).toBe(true);
  expect(stdout.length + stderr.length).toBeLessThanOrEqual(64 * 1024 * 1024);
});
