/**
 * The commit that took something away. The repository is a stand-in of five commits: no clone of the kernel is at hand, and it
 * would have a million. Its files and tags are those of the kernel, its subjects say that it is not.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuildError } from '../../src/diagnosis/build-error.js';
import { checkClone, commitFor } from '../../src/diagnosis/linux-git.js';
import { breakOf, presenceOf } from '../../src/diagnosis/presence.js';
import { failureOf, makeDirectory, testContext } from '../support.js';
import { kernels } from './headers.js';

const standIn = join(makeDirectory(), 'stand-in-for-linux');
const env = { ...process.env, GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@y', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@y' };
const git = (...args: string[]) =>
  execFileSync('git', ['-C', standIn, '-c', 'init.defaultBranch=main', ...args], { env, encoding: 'utf8' });

function commit(subject: string, files: Record<string, string | undefined>, tag?: string): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(standIn, path)), { recursive: true });
    if (text === undefined) rmSync(join(standIn, path));
    else writeFileSync(join(standIn, path), text);
  }
  git('add', '-A');
  git('commit', '-qm', subject);
  if (tag !== undefined) git('tag', tag);
}

const timer = 'include/linux/timer.h';
const pci = 'include/linux/pci-dma-compat.h';
const device = 'include/linux/device.h';

beforeAll(() => {
  mkdirSync(standIn, { recursive: true });
  git('init', '-q');
  commit(
    'stand-in: all is there',
    {
      [timer]: 'extern int del_timer_sync(struct timer_list *timer);\n',
      [pci]: 'x\n',
      [device]: '#define class_create(owner, name) x\n',
      'scripts/Makefile.lib': 'ccflags-y += $(EXTRA_CFLAGS)\n',
    },
    'v5.17',
  );
  commit('stand-in: drop pci-dma-compat.h', { [pci]: undefined }, 'v5.18-rc1');
  commit('stand-in: class_create() loses its owner', { [device]: 'struct class *class_create(const char *name);\n' }, 'v6.4');
  commit('stand-in: drop del_timer_sync()', { [timer]: 'extern int timer_delete_sync(struct timer_list *timer);\n' });
  commit('stand-in: drop EXTRA_CFLAGS', { 'scripts/Makefile.lib': 'x\n' }, 'v6.15-rc1');
  commit('stand-in: a comment that names it', {
    [timer]: '/* was del_timer_sync() */\nextern int timer_delete_sync(struct timer_list *timer);\n',
  });
});

const ask = (error: Partial<BuildError>, seconds = 60, context = testContext()) => {
  const whole: BuildError = { kind: 'unknown', name: '', message: '', places: [], ...error };
  return commitFor(whole, breakOf(presenceOf(whole, kernels)), { directory: standIn, seconds }, context);
};

describe('the commit for', () => {
  test.each<[Partial<BuildError>, string, string]>([
    [{ kind: 'removed-function', name: 'del_timer_sync' }, 'stand-in: drop del_timer_sync()', '6.15'],
    [{ kind: 'removed-header', name: 'linux/pci-dma-compat.h' }, 'stand-in: drop pci-dma-compat.h', '5.18'],
    [
      { kind: 'argument-count', name: 'class_create', source: 'class_create(THIS_MODULE, "x")' },
      'stand-in: class_create() loses its owner',
      '6.4',
    ],
    [{ kind: 'removed-variable', name: 'EXTRA_CFLAGS' }, 'stand-in: drop EXTRA_CFLAGS', '6.15'],
  ])('%j', async (error, subject, release) => {
    expect(await ask(error)).toEqual({
      subject,
      release,
      hash: expect.stringMatching(/^[0-9a-f]{40}$/),
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
  });

  test('what it does not have, or cannot have: none', async () => {
    expect(await ask({ kind: 'removed-function', name: 'never_was' })).toBeUndefined();
    expect(await ask({ kind: 'unknown' })).toBeUndefined();
  });

  test('a search that takes too long is a warning', async () => {
    const context = testContext();
    expect(await ask({ kind: 'removed-function', name: 'del_timer_sync' }, 0.001, context)).toBeUndefined();
    expect(context.told.warnings).toEqual([expect.stringContaining('timed out')]);
  });
});

test('what is no clone is refused', async () => {
  expect(await failureOf(() => checkClone(makeDirectory(), testContext()))).toMatchObject({
    code: 'no-input',
    hint: expect.stringContaining('--linux'),
  });
});
