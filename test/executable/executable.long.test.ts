/** The program for machines without Node.js, as `npm run executable` writes it, on a Debian 12 that has nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { importBase, ownImage } from '../own-base.js';
import { makeDirectory, missing, projectRoot, runCli, sh, writeFiles } from '../support.js';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const folder = makeDirectory();
const name = `mft-patch-${version}`;
const archive = join(folder, `${name}-linux-x64.tar.gz`);
const program = `/opt/${name}/mft-patch`;

beforeAll(() => {
  expect(sh(`node scripts/executable.mjs ${folder}`, { cwd: projectRoot })).toBe(`${archive}\n`);
});

test('the same sources give the same bytes', () => {
  const other = join(folder, 'other');
  sh(`umask 077; node ${projectRoot}scripts/executable.mjs ${other}`, {
    cwd: folder,
    env: { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'C' },
  });
  expect(readdirSync(other)).toEqual([`${name}-linux-x64.tar.gz`]);
  expect(readFileSync(join(other, `${name}-linux-x64.tar.gz`)).equals(readFileSync(archive))).toBe(true);
});

test('it holds what npm packs, the executable, and the licence of Node.js; nothing that only another user may read', () => {
  sh(`npm pack --silent --ignore-scripts --pack-destination '${folder}'`, { cwd: projectRoot });
  const packed = sh(`tar -tzf mft-patch-${version}.tgz`, { cwd: folder }).trim().split('\n');
  const inside = sh(`tar -tzf ${archive}`).trim().split('\n');
  const expected = [...packed.map((path) => path.replace(/^package\//, '')), 'mft-patch', 'LICENSE.node'];
  expect(inside.filter((path) => !path.endsWith('/')).sort()).toEqual(expected.map((path) => `${name}/${path}`).sort());
  const modes = new Set(sh(`tar -tzvf ${archive}`).match(/^\S+/gm));
  expect([...modes].sort()).toEqual(['-rw-r--r--', '-rwxr-xr-x', 'drwxr-xr-x']);
  expect(sh(`tar -xzOf ${archive} ${name}/LICENSE.node`)).toMatch(/^Node\.js is licensed for use as follows:[\s\S]*V8[\s\S]*OpenSSL/);
  expect(sh(`tar -xzOf ${archive} ${name}/build/LICENSES.txt`)).toContain('commander ');
});

/** A package of ours, as a file. */
async function ownPackage(): Promise<string> {
  const out = makeDirectory();
  expect(await runCli(['build', '--sample', '--no-verify', '--quiet', '--out', out])).toMatchObject({ status: 0 });
  return join(out, readdirSync(out).find((file) => file.endsWith('.deb')) ?? '');
}

describe.skipIf(missing('docker') !== '')('on a Debian 12 without Node.js and without a network', () => {
  const base = ownImage('bookworm');
  /** Runs a script as a user of no name, with the archive unpacked in /opt by the container's own tar; first one of root. */
  const run = (script: string, { out = makeDirectory(), asRoot = 'true' } = {}) => {
    sh(`chmod 777 '${out}'`);
    const asUser = 'cd /out && exec setpriv --reuid 4711 --regid 4711 --clear-groups sh -euc "$0"';
    const mounts = `-v '${archive}:/archive.tar.gz:ro' -v '${out}:/out'`;
    const command = `tar -xzf /archive.tar.gz -C /opt && ${asRoot} && ${asUser}`;
    return sh(`docker run --rm --network none --env HOME=/tmp ${mounts} ${base} sh -euc '${command}' '${script}'`);
  };

  beforeAll(() => {
    importBase('bookworm', base);
  });

  test('there is no Node.js, and no xz', () => {
    expect(run('for name in node nodejs npm xz; do ! command -v $name; done')).toBe('');
  });

  test('it starts', () => {
    expect(run(`${program} --version`)).toBe(`${version}\n`);
    expect(run(`ln -s ${program} /tmp/other && cd /tmp && ./other --version`)).toBe(`${version}\n`);
  });

  test.each(['plan --sample', 'kernels --json', 'releases', 'help build', 'completion bash'])(
    '%s prints what it does elsewhere',
    async (line) => {
      const { stdout } = await runCli(line.split(' '));
      // Twice: the second run has the code that V8 made in the first.
      expect(run(`${program} ${line} && ${program} ${line}`)).toBe(stdout + stdout);
    },
  );

  test('it builds the same bytes, with the same record and provenance', async () => {
    const [there, here] = [makeDirectory(), makeDirectory()];
    const line = 'build --sample nnt --no-verify --provenance --quiet';
    run(`${program} ${line}`, { out: there });
    expect(await runCli(line.split(' '), { cwd: here })).toMatchObject({ status: 0 });
    const files = (place: string) => sh('grep -v build.json SHA256SUMS && cat *.build.json', { cwd: join(place, 'dist') });
    expect(files(there)).toBe(files(here));
  });

  test('what it runs as root is itself, by whatever name it was called', async () => {
    const out = makeDirectory();
    writeFiles(out, { 'bin/sudo': '#!/bin/sh\nshift 3\necho "$@" > /out/words\n', 'own.deb': readFileSync(await ownPackage()) });
    sh(`chmod -R a+rX '${out}/bin' && chmod 755 '${out}/bin/sudo'`);
    // Something to take away, which lacks dkms.
    const asRoot = `dpkg --unpack /out/own.deb > /dev/null && ln -s ${program} /usr/local/bin/mft`;
    const refused = run('PATH=/out/bin:$PATH; mft uninstall --yes 2>&1 || echo exit $?', { out, asRoot });
    expect(refused).toMatch(/sudo has not run the steps of root\n.*\nexit \d\n$/);
    expect(readFileSync(join(out, 'words'), 'utf8')).toMatch(new RegExp(`^${program} uninstall `));
  });
});
