/** Our own package as input: it is refused everywhere, with the way out. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../cli.js';
import { makeDirectory, runCli, sh } from '../support.js';
import { changedPackage, source } from './packages.js';

const folder = makeDirectory();
const files: Record<string, string> = {};

beforeAll(async () => {
  const build = async (...args: string[]) => {
    const { stdout } = await runCli(['build', '--no-verify', '--json', '--out', join(folder, 'own'), ...args]);
    return JSON.parse(stdout).artifacts[0].path as string;
  };
  files.universal = await build('--sample');
  files.baked = await build('--sample', '--kernel', '6.1');
  // With another version it still has our lines.
  const conf = sh(`dpkg-deb --fsys-tarfile ${files.universal} | tar xO ./${source}/dkms.conf | head -n 1`).trim();
  files.renumbered = await changedPackage(`sed -i '1i ${conf}' ${source}/dkms.conf`);
  files.guarded = await changedPackage(`sed -i '1i # mft-patch guard: x' ${source}/dkms.conf`);
  files.older = await changedPackage("sed -i 's/^Version: .*/&+mftpatch0/' DEBIAN/control");
  renameSync(files.older, join(folder, 'older.deb'));
  files.older = join(folder, 'older.deb');
});

describe.each(['universal', 'baked', 'renumbered', 'guarded', 'older'])('%s', (name) => {
  test.each(['build --no-verify --kernel 6.1', 'plan'])('%s', async (command) => {
    const path = files[name] ?? '';
    const out = join(folder, 'out');
    await cli([...command.split(' '), ...(command.startsWith('build') ? ['--out', out] : []), '--deb', path]).fails(3, {
      code: 'package-unfit',
      path,
      detail: expect.stringContaining('was already patched by mft-patch'),
      hint: expect.stringMatching(/^pass the vendor's package.*\.build\.json/),
    });
    expect(existsSync(out)).toBe(false);
  });
});
