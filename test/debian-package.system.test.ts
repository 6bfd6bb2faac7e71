/** The Debian package of the program itself, as `npm run deb` writes it: judged by dpkg-deb and lintian. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, projectRoot, sh } from './support.js';

const folder = makeDirectory();
const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const name = `mft-patch_${version}-1upstream1_all.deb`;
const deb = join(folder, name);
const files = () => sh(`dpkg-deb --fsys-tarfile ${deb} | tar -t`).split('\n');

beforeAll(() => {
  expect(sh(`node scripts/deb.mjs ${folder}`, { cwd: projectRoot })).toBe(`${deb}\n`);
});

test('the same sources give the same bytes, whoever makes it and wherever', () => {
  const [other, home] = [join(folder, 'other'), makeDirectory()];
  const env = { PATH: process.env.PATH, HOME: home, TZ: 'Asia/Tokyo', LC_ALL: 'C', npm_config_cache: join(home, 'npm') };
  sh(`umask 077; node ${projectRoot}scripts/deb.mjs ${other}`, { cwd: home, env });
  expect(readdirSync(other)).toEqual([name]);
  expect(readFileSync(join(other, name)).equals(readFileSync(deb))).toBe(true);
});

test('man page, completions, changelogs and copyright are where Debian looks for them', () => {
  expect(files()).toEqual(
    expect.arrayContaining([
      './usr/bin/mft-patch',
      './usr/share/man/man1/mft-patch.1.gz',
      './usr/share/bash-completion/completions/mft-patch',
      './usr/share/zsh/vendor-completions/_mft-patch',
      './usr/share/fish/vendor_completions.d/mft-patch.fish',
      './usr/share/doc/mft-patch/copyright',
      './usr/share/doc/mft-patch/changelog.gz',
      './usr/share/doc/mft-patch/changelog.Debian.gz',
      './usr/share/doc/mft-patch/docs/ci.md',
    ]),
  );
  const script = sh(`dpkg-deb --fsys-tarfile ${deb} | tar -xO ./usr/share/bash-completion/completions/mft-patch`);
  expect(script).toBe(sh('node build/cli.js completion bash', { cwd: projectRoot }));
});

test('its libraries are those in the one file, and copyright has the rights in each', () => {
  expect(files().filter((path) => path.includes('node_modules'))).toEqual([]);
  const { sources } = JSON.parse(readFileSync(join(projectRoot, 'build/program.cjs.map'), 'utf8')) as { sources: string[] };
  const inside = new Set(sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  expect(inside.size).toBeGreaterThan(40);
  const text = sh(`dpkg-deb --fsys-tarfile ${deb} | tar -xO ./usr/share/doc/mft-patch/copyright`);
  const program = 'usr/share/mft-patch/build/program.cjs';
  expect(text.match(/^Files: .*/gm)).toEqual(['*', 'usr/share/mft-patch/patches/*', program].map((path) => `Files: ${path}`));
  const paragraph = text.slice(text.indexOf(`Files: ${program}\n`));
  for (const name of ['mft-patch', ...inside]) expect(paragraph).toMatch(new RegExp(`^ ${name} \\(\\S+\\):\n \\.\n \\S`, 'm'));
  for (const name of inside) expect(paragraph).toMatch(new RegExp(`^(?:Copyright:| ) ?.+ \\(${name}\\)$`, 'm'));
});

test('it runs without what npm installs', () => {
  const place = makeDirectory();
  sh(`dpkg-deb -x ${deb} '${place}'`);
  const run = (command: string) => sh(`cd / && node ${command} plan --sample`);
  expect(run(`'${place}/usr/share/mft-patch/build/mft-patch.cjs'`)).toBe(run(join(projectRoot, 'build/cli.js')));
});

describe.skipIf(missing('tools') !== '')('lintian', () => {
  test('has no error and no warning', () => {
    const { status, stdout } = spawnSync('lintian', ['--allow-root', '--fail-on', 'error,warning', deb], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('sees what is wrong in a package like it', () => {
    const script = `dpkg-deb -R ${deb} tree && chmod 644 tree/usr/share/mft-patch/build/mft-patch.cjs && rm tree/usr/share/doc/mft-patch/copyright &&
      dpkg-deb -b tree worse.deb`;
    sh(script, { cwd: folder });
    const { status, stdout } = spawnSync('lintian', ['--allow-root', '--fail-on', 'error,warning', join(folder, 'worse.deb')], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: expect.stringContaining('E: mft-patch: no-copyright-file') });
  });
});
