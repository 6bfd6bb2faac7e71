/** The commands that make patches, with git, quilt, patch(1) and a terminal. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../cli.js';
import { readTree } from '../patches/fixtures.js';
import { cliPath, makeDirectory, missing, sh } from '../support.js';

const header =
  '--origin other --license BSD --kernel-range >=6.4 --mft-range * --good-on-older yes --symptom error --description fix'.split(' ');

describe.skipIf(missing('tools') !== '')('edit and save with git', () => {
  test('each patch is a commit, and what is saved one more; no configuration of a user matters', async () => {
    const cwd = makeDirectory();
    writeFileSync(
      join(cwd, '.gitconfig'),
      '[core]\nautocrlf = true\nhooksPath = /nowhere\n[commit]\ngpgSign = true\n[user]\nuseConfigOnly = true\n',
    );
    const env = { ...process.env, HOME: cwd, GIT_DIR: '/nowhere' };
    const plain = { ...process.env, HOME: cwd };
    await cli('edit --sample --kernel 6.1 --dir work', { cwd, env }).prints({ kept: 'git' });
    const subjects = () => sh('git -C work log --format=%s --reverse', { cwd, env: plain }).trim().split('\n');
    expect(subjects()).toEqual([
      'kernel-mft-dkms 4.15.1-0sample',
      expect.stringMatching(/^postinst-arch: Let dkms name /),
      expect.stringMatching(/^dma-unmap: Unmap DMA buffers /),
      expect.stringMatching(/^unlocked-ioctl: Answer ioctls /),
    ]);
    expect(sh('git -C work status --porcelain', { cwd, env: plain })).toBe('');
    sh("sed -i 's/unlocked_ioctl: unlocked_ioctl/.unlocked_ioctl = unlocked_ioctl/' work/driver_common.c && touch work/x.o", { cwd });
    expect(sh('git -C work status --porcelain', { cwd, env: plain })).toBe(' M driver_common.c\n');
    // Commits of one's own change nothing for save.
    sh('git -C work -c user.name=me -c user.email=me@x -c commit.gpgSign=false commit -qam mine --no-verify', { cwd, env: plain });
    await cli(['save', 'work', '--id', 'one', ...header], { cwd, env }).prints({ patches: [{ id: 'one', status: 'new' }] });
    expect(subjects().at(-1)).toBe('mft-patch save one');
    expect(sh('git -C work status --porcelain', { cwd, env: plain })).toBe('');
    expect(readFileSync(join(cwd, 'patches/one.patch'), 'utf8')).toContain('@@ -40 +40 @@\n-\tunlocked_ioctl: ');
    sh('rm -r work/.git', { cwd });
    await cli('save work --id one', { cwd, env }).fails(5, { code: 'cannot-write', path: 'work' });
  });

  test('on a terminal, asks for what is missing, and again for what is wrong', () => {
    const cwd = makeDirectory();
    const program = `${process.execPath} ${cliPath}`;
    sh(`${program} edit --sample --kernel 6.1 --dir work && sed -i 's/unlocked_ioctl: /.unlocked_ioctl = /' work/driver_common.c`, { cwd });
    const answers = ['BSD', 'six', '', '>=6.4', '*', 'yes', 'error'];
    // Each answer is typed after a moment: what is typed before a question is one with it.
    const typed = answers.map((answer) => `sleep 0.5; echo ${answer === '' ? '' : `'${answer}'`}`).join('; ');
    const line = `${program} save work --id one --description fix --origin other`;
    const shown = sh(`(sleep 1.5; ${typed}; sleep 2) | script -qec '${line}' /dev/null`, { cwd });
    expect(shown).toContain("field Kernel 'six' is not a version range; press Enter and try again");
    expect(shown).toContain('Wrote patches/one.patch');
    expect(readFileSync(join(cwd, 'patches/one.patch'), 'utf8')).toMatch(
      /^Description: fix\nOrigin: other\nLicense: BSD\nLast-Update: .*\nKernel: >=6\.4\n/,
    );
  });
});

describe.skipIf(missing('tools') !== '')('patches export', () => {
  test.each([
    ['flat', '6.1', 3],
    ['flat', '5.10', 3],
    ['nnt', '7.3', 3],
    ['nnt', '6.1', 3],
    ['nnt-4.26', '6.12', 2],
  ])('of the sample %s for %s: quilt and patch apply it from the first to the last', async (layout, kernel, least) => {
    const cwd = makeDirectory();
    const line = `--sample ${layout} --kernel ${kernel}`;
    await cli(`edit ${line} --dir work`, { cwd }).prints({ kept: 'git' });
    const document = await cli(`patches export ${line} series`, { cwd }).prints({ directory: 'series' });
    expect(document.patches.length).toBeGreaterThanOrEqual(least);
    const env = { ...process.env, LC_ALL: 'C', QUILT_PATCHES: join(cwd, 'series'), QUILT_PATCH_OPTS: '', QUILT_PUSH_ARGS: '' };
    sh(
      'git clone -q work a && git -C a checkout -q $(git -C a rev-list --max-parents=0 HEAD) && cp -r a b && rm -r a/.git b/.git work/.git work/.mft*',
      { cwd },
    );
    const pushed = sh('cd a && quilt --quiltrc - push -a && rm -r .pc', { cwd, env });
    expect(pushed).not.toMatch(/fuzz|offset|FAILED/);
    const patched = sh('for p in $(grep -v "#" series/series); do patch -p1 -F0 -d b < series/$p; done', { cwd, env });
    expect(patched).not.toMatch(/fuzz|offset|FAILED/);
    expect(readTree(join(cwd, 'a'))).toEqual(readTree(join(cwd, 'work')));
    expect(readTree(join(cwd, 'b'))).toEqual(readTree(join(cwd, 'work')));
    await cli(`patches export ${line} series`, { cwd }).fails(2, { code: 'usage', message: 'series is not empty' });
  });

  test("has one's own patches last, and refuses a series that does not apply", async () => {
    const cwd = makeDirectory();
    await cli('edit --sample --kernel 6.1 --dir work', { cwd }).prints({});
    sh("sed -i 's/unlocked_ioctl: /.unlocked_ioctl = /' work/driver_common.c", { cwd });
    await cli(['save', 'work', '--id', 'one', ...header, '--patches', 'mine'], { cwd }).prints({});
    const line = 'patches export --sample --kernel 6.1 --patches mine series';
    const { patches } = await cli(line, { cwd }).prints({});
    expect(patches.at(-1)).toMatchObject({ id: 'one', path: 'series/one.patch' });
    sh("rm -r series && sed -i 's/^-\\tunlocked/-\\tunlocker/' mine/one.patch", { cwd });
    await cli(line, { cwd }).fails(4, { code: 'patch-does-not-apply', patch: 'one' });
  });
});
