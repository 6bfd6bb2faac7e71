import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { withNewFiles } from '../../src/deb/change.js';
import { readDeb, writeDeb } from '../../src/deb/deb.js';
import { changedPackage, source } from '../packaging/packages.js';
import { cliPath, makeDirectory, missing, runCli, sample, sh } from '../support.js';

const folder = makeDirectory();
/** The sample with what does not compress in it, so that the package takes several pages of a disk. */
const large = join(folder, 'large.deb');
const filler = new Map([['filler', randomBytes(30_000)]]);
writeFileSync(large, writeDeb(withNewFiles(await readDeb((await sample()).deb, 'sample'), `${source}/scripts/`, filler, 0)));
const build = (out: string, ...args: string[]) =>
  runCli(['build', '--deb', large, '--kernel', '5.18', '--no-verify', '--out', out, '--json', '--quiet', ...args], { cwd: folder });

/** All files below a folder with their contents. */
const snapshot = (path: string) =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true }).map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [file, entry.isFile() ? readFileSync(file).toString('base64') : 'folder'];
    }),
  );

async function refused(out: string, path: string, words: string, ...args: string[]) {
  const { status, stdout, stderr } = await build(out, ...args);
  const document = JSON.parse(stdout);
  expect({ status, ...document }).toMatchObject({ status: 5, code: 'cannot-write', detail: expect.stringContaining(words) });
  expect(document.path).toContain(path);
  expect(stderr).toBe(`mft-patch: cannot write ${document.path}: ${document.detail}\n  ${document.hint}\n`);
  expect(document.hint).toContain('--out');
}

const { names, pages } = await (async () => {
  await build('reference');
  const files = readdirSync(join(folder, 'reference'));
  const sizes = files.map((file) => Math.ceil(readFileSync(join(folder, 'reference', file)).length / 4096));
  return { names: files, pages: sizes.reduce((sum, size) => sum + size, 0) };
})();
/** How many pages are free: none, some, all but enough; and in the end there is room. */
const rooms = [0, 3, pages - 4, pages - 3, pages - 2, pages - 1, pages, pages + 2];

describe('what cannot be written is exit 5 naming the path, and nothing is left:', () => {
  test('a file in the place of the folder, or on the way to it', async () => {
    writeFileSync(join(folder, 'file'), 'mine');
    await refused('file', 'file', 'a file with this name exists');
    await refused('file/below', 'file/below', 'is not a directory');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine');
  });

  test.each(names)('a folder in the place of %s', async (name) => {
    const out = join(folder, 'taken', name);
    mkdirSync(join(out, name), { recursive: true });
    await refused(out, join(out, name), '');
    expect(Object.keys(snapshot(out))).toEqual([join(out, name)]);
  });

  test('a folder that the user may not write in', () => {
    mkdirSync(join(folder, 'locked'), { mode: 0o555 });
    // Root may write anywhere by one capability, which is taken from it here.
    const asUser = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override', '--'] : [];
    const [program = '', ...args] = [
      ...asUser,
      process.execPath,
      cliPath,
      'build',
      '--sample',
      '--kernel',
      '5.18',
      '--no-verify',
      '--out',
      'locked',
    ];
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toContain('mft-patch: cannot write locked: permission denied');
    expect(readdirSync(join(folder, 'locked'))).toEqual([]);
  });
});

const mounts: string[] = [];
afterAll(() => {
  for (const path of mounts) spawnSync('umount', ['-l', path]);
});

/** Mounts a file system in memory. @returns why it cannot be */
function mount(name: string, options: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { encoding: 'utf8' });
  if (status === 0) mounts.push(path);
  return status === 0 ? '' : String(error ?? stderr);
}

const cannotMount = process.getuid?.() === 0 ? mount('try', 'size=4k') : 'not root';
if (cannotMount !== '') {
  process.stderr.write(`tests with full and read-only disks are skipped: ${cannotMount}\n`);
  if (process.env.CI === 'true') throw new Error(`CI=true, but nothing can be mounted: ${cannotMount}`);
}

describe.skipIf(cannotMount !== '')('on a disk', () => {
  test('that is read-only', async () => {
    mount('read-only', 'ro');
    await refused('read-only', 'read-only', 'read-only');
    await refused('read-only/new/folder', 'read-only/new', 'read-only');
  });

  test('that is full, wherever the room ends', async () => {
    const path = join(folder, 'full');
    mount('full', `size=${(pages + 3) * 4}k`);
    let failures = 0;
    for (const [i, room] of rooms.entries()) {
      sh(`rm -rf ${path}/* && head -c ${(pages + 3 - room) * 4096} /dev/zero > ${path}/filling`);
      const out = i % 2 === 0 ? 'full' : 'full/new/folder';
      const before = snapshot(path);
      const { status, stdout } = await build(out);
      if (status === 0) continue;
      failures++;
      expect({ room, status, ...JSON.parse(stdout) }).toMatchObject({ status: 5, code: 'cannot-write', detail: 'no space left on device' });
      expect({ room, out, left: Object.keys(snapshot(path)) }).toEqual({ room, out, left: Object.keys(before) });
    }
    expect(failures).toBeGreaterThan(4);
    sh(`rm -rf ${path}/*`);
    expect(await build('full')).toMatchObject({ status: 0, stderr: '' });
  });

  test.skipIf(missing('tools') !== '')('that gets full, an older output stays whole', async () => {
    const path = join(folder, 'older');
    mount('older', `size=${(pages * 2 + 8) * 4}k`);
    expect(await build('older')).toMatchObject({ status: 0 });
    const before = snapshot(path);
    // The same version with another content, as when a vendor spins a release again.
    const respun = await changedPackage(`head -c 30000 /dev/urandom > ${source}/scripts/filler`);
    const room = Number(sh(`df --output=avail -k ${path} | tail -1`)) / 4;
    let failures = 0;
    for (const left of rooms) {
      sh(`head -c ${(room - left) * 4096} /dev/zero > ${path}/filling`);
      const args = ['build', '--deb', respun, '--kernel', '5.18', '--no-verify', '--out', path, '--json', '--quiet'];
      const { status, stdout } = await runCli(args);
      sh(`rm ${path}/filling`);
      if (status === 0) break;
      failures++;
      expect({ left, status, ...JSON.parse(stdout) }).toMatchObject({ status: 5, code: 'cannot-write', detail: 'no space left on device' });
      expect({ left, same: JSON.stringify(snapshot(path)) === JSON.stringify(before) }).toEqual({ left, same: true });
    }
    expect(failures).toBeGreaterThan(2);
  });
});

describe.skipIf(!existsSync('/dev/full'))('a result that cannot be printed', () => {
  const env = { ...process.env, NODE: process.execPath, CLI: cliPath, OUT: join(folder, 'unprinted') };
  const run = (args: string, redirection: string) =>
    sh(`{ "$NODE" "$CLI" ${args} --kernel 5.18 --no-verify --out "$OUT" ${redirection} || echo "exit $?"; } 2>&1`, { cwd: folder, env });

  test('is exit 5 with words, without a stack trace', () => {
    for (const args of ['build --sample', 'build --sample --json']) {
      const said = run(args, '> /dev/full');
      expect(said).toMatch(/^mft-patch: .*no space left[\s\S]*\nexit 5\n$/);
      expect(said).not.toMatch(/^\s+at /m);
    }
  });

  test('to a reader that has gone away is no error, and the files are there', async () => {
    writeFileSync(join(folder, 'vendor.tgz'), (await sample()).bundle);
    expect(run('build --sample', '> >(true)')).toBe('');
    expect(readdirSync(env.OUT)).toHaveLength(3);
    // Progress and words of errors go to stderr.
    sh('rm -r "$OUT"', { env });
    expect(run('build --bundle vendor.tgz', '2> >(true) > /dev/null')).toBe('');
    expect(readdirSync(env.OUT)).toHaveLength(3);
    expect(run('build --bundle nowhere.tgz', '2> >(true)')).toBe('exit 3\n');
  });
});
