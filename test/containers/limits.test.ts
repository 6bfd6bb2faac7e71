/** What is asked of an engine while a container runs. The engine is a stand-in that takes its time. */
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/containers/engine.js';
import { withDiskLimit } from '../../src/containers/limits.js';
import { failureOf, testContext } from '../support.js';

const limits = { memory: '1g', processes: 100, disk: '1m' };

/** @param takes for each call, in milliseconds @param files as `docker diff` lists them */
function slowEngine(takes: (args: readonly string[]) => number, { size = 0, files = 0 } = {}) {
  const calls: string[][] = [];
  let end = () => {};
  const removed = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run: Engine['run'] = async (args) => {
    calls.push(args);
    await setTimeout(takes(args));
    if (args[0] === 'rm') end();
    const stdout = Buffer.from(args[0] === 'diff' ? 'A /x\n'.repeat(files) : `${size}\n`);
    return { exitCode: 0, stdout, stderr: '', isCut: false };
  };
  const engine: Engine = { name: 'docker', version: '1', arch: 'amd64', run };
  return { engine, calls, removed };
}

const isSize = (args: readonly string[]) => args.includes('--size');

test('an engine that is slow in everything is not asked to count files: that would make it slower', async () => {
  const { engine, calls } = slowEngine(() => 400);
  await withDiskLimit({ engine, container: 'c', limits }, testContext(), () => setTimeout(6000));
  expect(calls.filter(isSize).length).toBeGreaterThan(0);
  expect(calls.filter(([command]) => command === 'diff')).toEqual([]);
});

test('very many small files are over the limit, though they have no length: their size takes long to sum up', async () => {
  const { engine, removed } = slowEngine((args) => (isSize(args) ? 700 : 10), { files: 1000 });
  const failure = await failureOf(() => withDiskLimit({ engine, container: 'c', limits }, testContext(), () => removed));
  expect(failure).toMatchObject({ code: 'engine-failed', detail: 'the container exceeded the disk limit (1m) and was killed' });
});
