/** A bundle that was unpacked into a directory. */
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSource } from '../../src/bundle/read-source.js';
import { resolveSource } from '../../src/bundle/vendor-package.js';
import { sha256 } from '../../src/system/digest.js';
import { failureOf, makeDirectory, sample, sh, testContext, writeFiles } from '../support.js';

const { deb, name } = await sample();

const readUnpacked = (path: string) => readSource({ kind: 'directory', path }, testContext());

/** A directory with these files. */
function directoryOf(files: Record<string, string | Buffer>): string {
  const directory = makeDirectory();
  writeFiles(directory, { 'mft/install.sh': '#!/bin/sh\n', 'mft/DEBS/kernel-mft-dkms-other_1_all.deb': 'not this one', ...files });
  return directory;
}

describe('the package is found', () => {
  test.each([name, `SDEBS/${name}`, `DEBS/COMMON/${name}`, `mft-4.20.1-14-x86_64-deb/SDEBS/${name}`, `MLNX_OFED/DEBS/COMMON/x/${name}`])(
    'at %s',
    async (member) => {
      const directory = directoryOf({ [member]: deb });
      const found = { path: directory, bundleDirectory: directory, member, bytes: deb, sha256: sha256(deb) };
      expect(await readUnpacked(directory)).toEqual(found);
      const context = testContext();
      for (const options of [{ bundle: directory }, { file: directory }]) {
        const source = await resolveSource(options, context);
        expect(source).toEqual({ kind: 'directory', path: directory });
        expect(await readSource(source, context)).toEqual(found);
      }
    },
  );

  test('between links of the same name, which do not count, wherever they lead', async () => {
    const member = `mft/DEBS/COMMON/${name}`;
    const directory = directoryOf({ [member]: deb, other: 'another package' });
    mkdirSync(join(directory, 'mft/A'));
    symlinkSync(`../DEBS/COMMON/${name}`, join(directory, 'mft/A', name));
    symlinkSync('../other', join(directory, 'mft', name));
    symlinkSync('nowhere', join(directory, name));
    symlinkSync('.', join(directory, 'mft/loop'));
    expect(await readUnpacked(directory)).toMatchObject({ member });
  });

  test('twice, if both are the same bytes: the first is taken', async () => {
    const directory = directoryOf({ [`b/${name}`]: deb, [`a/SDEBS/${name}`]: deb });
    expect(await readUnpacked(directory)).toMatchObject({ member: `a/SDEBS/${name}`, sha256: sha256(deb) });
  });

  test('as deep as in an unpacked DOCA-Host, and not much deeper', async () => {
    const member = `usr/share/doca-host-2.9.0/repo/pool/${name}`;
    expect(await readUnpacked(directoryOf({ [member]: deb }))).toMatchObject({ member });
    const deeper = directoryOf({ [`a/b/c/d/e/f/g/h/i/${name}`]: deb });
    expect(await failureOf(() => readUnpacked(deeper))).toMatchObject({ code: 'package-unfit', path: deeper });
  });

  test('through links, where the tree has nothing else', async () => {
    const real = directoryOf({ [`DEBS/COMMON/${name}`]: deb, 'DEBS/mft_4.20.1-14_amd64.deb': 'tools' });
    const directory = makeDirectory();
    symlinkSync('.', join(directory, 'loop'));
    symlinkSync('nowhere', join(directory, 'broken'));
    symlinkSync(join(real, 'DEBS'), join(directory, 'tree'));
    symlinkSync(join(real, 'DEBS'), join(directory, 'tree-again'));
    expect(await readUnpacked(directory)).toMatchObject({
      member: `tree/COMMON/${name}`,
      userland: 'tree/mft_4.20.1-14_amd64.deb',
      sha256: sha256(deb),
    });
    const single = makeDirectory();
    symlinkSync(join(real, `DEBS/COMMON/${name}`), join(single, name));
    expect(await readUnpacked(single)).toMatchObject({ member: name, sha256: sha256(deb) });
  });
});

describe('refused is', () => {
  test('a directory without the package, or with broken links to it alone', async () => {
    const directory = directoryOf({ elsewhere: deb });
    const failure = { code: 'package-unfit', path: directory, detail: expect.stringContaining('no kernel-mft-dkms') };
    mkdirSync(join(directory, 'mft', name));
    expect(await failureOf(() => readUnpacked(directory))).toEqual(failure);
    symlinkSync('gone', join(directory, name));
    const detail = `${name} is a link to gone, and the package itself is missing`;
    expect(await failureOf(() => readUnpacked(directory))).toEqual({ ...failure, detail });
  });

  test('one with two packages that differ', async () => {
    const directory = directoryOf({ [`mft/SDEBS/${name}`]: deb, [`mft/DEBS/${name}`]: Buffer.concat([deb, Buffer.from('\n')]) });
    expect(await failureOf(() => readUnpacked(directory))).toEqual({
      code: 'package-unfit',
      path: directory,
      detail: expect.stringContaining(`mft/DEBS/${name} and mft/SDEBS/${name}`),
      hint: expect.stringContaining('--deb'),
    });
  });

  test('a package of 33 MiB, which is not read', async () => {
    const directory = directoryOf({ [name]: '' });
    truncateSync(join(directory, name), 33 << 20);
    expect(await failureOf(() => readUnpacked(directory))).toEqual({
      code: 'package-unfit',
      path: directory,
      detail: expect.stringMatching(/\b34603008\b.*\b33554432\b/),
    });
  });

  test('a directory that is not there', async () => {
    const nowhere = join(makeDirectory(), 'nowhere');
    const failure = { code: 'no-input', path: nowhere, detail: 'no such file' };
    expect(await failureOf(() => readUnpacked(nowhere))).toEqual(failure);
    expect(await failureOf(() => resolveSource({ bundle: nowhere }, testContext()))).toEqual(failure);
  });

  test('one that may not be read, itself or below', async () => {
    const directory = directoryOf({ [`mft/SDEBS/${name}`]: deb });
    const isRoot = process.getuid?.() === 0;
    sh(`chmod 755 .; chmod ${isRoot ? '700' : '000'} mft`, { cwd: directory });
    if (isRoot) process.seteuid?.(65_534);
    try {
      for (const place of [directory, join(directory, 'mft')]) {
        expect(await failureOf(() => readUnpacked(place))).toEqual({
          code: 'no-input',
          path: join(directory, 'mft'),
          detail: 'permission denied',
        });
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
      sh('chmod 755 mft', { cwd: directory });
    }
  });
});
