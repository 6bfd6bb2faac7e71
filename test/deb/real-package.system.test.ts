import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { withVersion } from '../../src/deb/change.js';
import { controlFields, type Deb, plainPath, readDeb, writeDeb } from '../../src/deb/deb.js';
import { makeDirectory, missing, sh, writeFiles } from '../support.js';
import { shown } from './packages.js';

const folder = makeDirectory();

/** A dkms package of Debian. @returns its file name, or nothing where Debian cannot be reached */
function download(): string | undefined {
  for (const prepare of ['true', 'apt-get update -qq']) {
    spawnSync('bash', ['-c', `${prepare} && apt-get download -q v4l2loopback-dkms`], { cwd: folder });
    const found = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (found !== undefined) return found;
  }
  return undefined;
}

const name = missing('tools') === '' ? download() : undefined;

test.runIf(process.env.CI === 'true')('the package from Debian is there', () => {
  expect(name).toBeDefined();
});

describe.skipIf(name === undefined)('a package that Debian made, under another version', () => {
  const original = name === undefined ? Buffer.alloc(0) : readFileSync(join(folder, name));
  let deb: Deb;
  let changed: Deb;
  let version: string;

  beforeAll(async () => {
    deb = await readDeb(original, 'original');
    version = `${controlFields(deb, 'original').get('version')}+mftpatch1`;
    changed = withVersion(deb, version);
    writeFiles(folder, { 'old.deb': original, 'new.deb': writeDeb(changed) });
    sh(
      `for deb in old new; do
      dpkg-deb -e $deb.deb $deb-control
      dpkg-deb --fsys-tarfile $deb.deb > $deb.data
      dpkg-deb --ctrl-tarfile $deb.deb | tar tvf - --full-time --numeric-owner > $deb.list
    done`,
      { cwd: folder },
    );
  });

  test('differs in one line of its control file, as dpkg-deb unpacks it', () => {
    const lines = (folderName: string) => readFileSync(join(folder, folderName, 'control'), 'latin1').split('\n');
    const [old, now] = [lines('old-control'), lines('new-control')];
    const expected = old.map((line) => (line.startsWith('Version: ') ? `Version: ${version}` : line));
    expect(now).toEqual(expected);
    expect(old.filter((line, i) => line !== now[i])).toHaveLength(1);
    expect(sh('diff -rq old-control new-control || true', { cwd: folder })).toBe(
      'Files old-control/control and new-control/control differ\n',
    );
    expect(readdirSync(join(folder, 'new-control'))).toEqual(expect.arrayContaining(['control', 'md5sums', 'postinst', 'prerm']));
  });

  test('has the same data to the byte, and the same list of control files but for the size of one', () => {
    sh('cmp old.data new.data', { cwd: folder });
    const [old, now] = ['old.list', 'new.list'].map((list) => readFileSync(join(folder, list), 'utf8').split('\n'));
    expect(now?.filter((line) => !line.endsWith(' ./control'))).toEqual(old?.filter((line) => !line.endsWith(' ./control')));
    const size = /\d+(?= \d{4}-\d\d-\d\d )/;
    const own = (list: string[] | undefined) => list?.find((line) => line.endsWith(' ./control')) ?? '';
    expect(own(now).replace(size, '')).toBe(own(old).replace(size, ''));
    expect(Number(own(now).match(size)) - Number(own(old).match(size))).toBe('+mftpatch1'.length);
  });

  test('read again, has the same entries and heads but for that one', async () => {
    const again = await readDeb(readFileSync(join(folder, 'new.deb')), 'new');
    expect(shown(again.data)).toEqual(shown(deb.data));
    const others = ({ control }: Deb) => shown(control.filter((entry) => plainPath(entry) !== 'control'));
    expect(others(again)).toEqual(others(deb));
    expect(others(again)).toHaveLength(deb.control.length - 1);
    expect(controlFields(again, 'new').get('version')).toBe(version);
  });

  test('leaves the value that it was made from alone', async () => {
    expect(shown(deb.control)).toEqual(shown((await readDeb(original, 'original')).control));
    expect(changed).not.toBe(deb);
  });
});
