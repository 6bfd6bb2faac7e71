import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withStagingDir, writeAtomic } from '../../src/system/stage.js';
import { failureOf, makeDirectory, testContext, writeFiles } from '../support.js';

const context = testContext();
const dead = `${spawnSync('true').pid} ${hostname()} 00000000`;
const alive = `${process.pid} ${hostname()} 00000000`;

test('what killed processes have left in a folder and beside it is removed, and nothing else', async () => {
  const parent = makeDirectory();
  const out = join(parent, 'out');
  for (const folder of [parent, out]) {
    writeFiles(folder, { '.mft-patch-00000001/half.deb': 'x', '.mft-patch-00000002/half.deb': 'x', '.mft-patch-mine/file': 'x' });
    symlinkSync(dead, join(folder, '.mft-patch-00000001/.mft-patch'));
    symlinkSync(alive, join(folder, '.mft-patch-00000002/.mft-patch'));
    mkdirSync(join(folder, '.mft-patch-00000003'));
    symlinkSync(dead, join(folder, '.mft-patch-over'));
  }
  await writeAtomic(join(out, 'file'), 'text', context);
  const kept = ['.mft-patch-00000002', '.mft-patch-mine'];
  expect(readdirSync(out).sort()).toEqual([...kept, 'file']);
  expect(readdirSync(parent).sort()).toEqual([...kept, 'out']);
});

test('work that fails leaves neither the stage nor the folders that were made for it', async () => {
  const folder = makeDirectory();
  writeFileSync(join(folder, 'file'), 'mine');
  const error = Object.assign(new Error(), { code: 'ENOSPC' });
  const work = () => withStagingDir(join(folder, 'a/b/c'), context, (stage) => stage.write('x.deb', () => Promise.reject(error)));
  expect(await failureOf(work)).toEqual({ code: 'cannot-write', path: join(folder, 'a/b/c/x.deb'), detail: 'no space left on device' });
  expect(readdirSync(folder)).toEqual(['file']);
});
