import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Timing } from '../../src/system/claim.js';
import { withLock } from '../../src/system/lock.js';
import { withStagingDir, writeAtomic } from '../../src/system/stage.js';
import { failureOf, makeDirectory, testContext, writeFiles } from '../support.js';

const context = testContext();
const timing: Timing = { beat: 20, silence: 300, poll: 10 };

/** The name of a claim of a process here, or of one in another place. */
async function claimOf(pid: number, place?: string): Promise<string> {
  const lock = join(makeDirectory(), 'lock');
  const name = await withLock(lock, context, async () => readdirSync(lock).join());
  return name.replace(/^\d+-(\w+)/, (_, here) => `${pid}-${place ?? here}`);
}

const dead = await claimOf(spawnSync('true').pid);
const alive = await claimOf(process.pid);
const foreign = await claimOf(spawnSync('true').pid, '0'.repeat(12));

test('what killed processes have left in a folder and beside it is removed, and nothing else', async () => {
  const parent = makeDirectory();
  const out = join(parent, 'out');
  for (const folder of [parent, out]) {
    writeFiles(folder, {
      ...{ '.mft-patch-00000001/half.deb': 'x', [`.mft-patch-00000001/.mft-patch/${dead}`]: '' },
      ...{ '.mft-patch-00000002/half.deb': 'x', [`.mft-patch-00000002/.mft-patch/${alive}`]: '' },
      '.mft-patch-mine/file': 'x',
    });
    // Killed when they had only begun.
    mkdirSync(join(folder, '.mft-patch-00000003'));
    mkdirSync(join(folder, '.mft-patch-00000004/.mft-patch'), { recursive: true });
  }
  await writeAtomic(join(out, 'file'), 'text', context);
  const kept = ['.mft-patch-00000002', '.mft-patch-mine'];
  expect(readdirSync(out).sort()).toEqual([...kept, 'file']);
  expect(readdirSync(parent).sort()).toEqual([...kept, 'out']);
});

test('what a process of another container or boot has left is removed if it does not move', async () => {
  const folder = makeDirectory();
  const stages = ['.mft-patch-00000001', '.mft-patch-00000002'];
  for (const stage of stages) writeFiles(folder, { [`${stage}/half.deb`]: 'x', [`${stage}/.mft-patch/${foreign}`]: '' });
  const at = (beat: string) => join(folder, '.mft-patch-00000002/.mft-patch', foreign.replace(/\d+$/, beat));
  await withStagingDir(folder, context, async () => renameSync(at('0'), at('1')), timing);
  expect(readdirSync(folder)).toEqual(['.mft-patch-00000002']);
});

test('the interruption of a run does not wait for it', async () => {
  const folder = makeDirectory();
  writeFiles(folder, { [`.mft-patch-00000001/.mft-patch/${foreign}`]: '' });
  const interruption = new AbortController();
  await withStagingDir(folder, { signal: interruption.signal }, async () => interruption.abort());
  expect(readdirSync(folder)).toEqual(['.mft-patch-00000001']);
});

test('work that fails leaves neither the stage nor the folders that were made for it', async () => {
  const folder = makeDirectory();
  writeFileSync(join(folder, 'file'), 'mine');
  const error = Object.assign(new Error(), { code: 'ENOSPC' });
  const work = () => withStagingDir(join(folder, 'a/b/c'), context, (stage) => stage.write('x.deb', () => Promise.reject(error)));
  expect(await failureOf(work)).toEqual({ code: 'cannot-write', path: join(folder, 'a/b/c/x.deb'), detail: 'no space left on device' });
  expect(readdirSync(folder)).toEqual(['file']);
});
