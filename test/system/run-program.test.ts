/** Programs that write very much: what they say is told and kept within bounds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/system/run-program.js';
import { makeDirectory, testContext } from '../support.js';

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
  const { isCut, stdout, stderr } = await run(`yes $(printf %01000d) >&${descriptor} 2>/dev/null`);
  expect(isCut).toBe(true);
  expect(stdout.length + stderr.length).toBeLessThanOrEqual(64 * 1024 * 1024);
});

test.each([0, 1])('64 MiB of zeros are an output as any other, also of a program that exits with %i', async (status) => {
  const { exitCode, stdout, isCut } = await runProgram(
    'bash',
    ['-c', `head -c 67108864 /dev/zero; exit ${status}`],
    { binary: true },
    testContext(),
  );
  expect({ exitCode, length: stdout.length, isCut }).toEqual({ exitCode: status, length: 67_108_864, isCut: false });
  const more = await runProgram('bash', ['-c', `cat /dev/zero; exit ${status}`], { binary: true }, testContext());
  expect(more.isCut).toBe(true);
  expect(more.stdout.length).toBeLessThanOrEqual(67_108_864);
});

test('a program that is not there, or may not be run, is told', async () => {
  expect(await runProgram('/nowhere/program', [], {}, testContext())).toMatchObject({ exitCode: 127, stderr: 'not installed' });
  const file = join(makeDirectory(), 'file');
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o644 });
  await expect(runProgram(file, [], {}, testContext())).rejects.toThrow('EACCES');
});

test('what a program does not read of its input is no error', async () => {
  const { exitCode, stdout } = await runProgram('bash', ['-c', 'echo done'], { input: Buffer.alloc(10_000_000) }, testContext());
  expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 0, stdout: 'done\n' });
});
