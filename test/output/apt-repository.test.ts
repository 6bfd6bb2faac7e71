/** An apt archive of a directory: its bytes, its date, what it refuses. That apt takes it is in apt-repository.system.test.ts. */
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { repo } from '../../src/commands/repo.js';
import { newArMember, writeAr } from '../../src/deb/ar.js';
import { fileEntry, writeTar } from '../../src/deb/tar.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, testContext } from '../support.js';

let directory: string;
beforeEach(() => {
  directory = makeDirectory();
});

/** A package of a control file alone, made at a time in seconds since 1970. */
function put(name: string, version: string, time = 1_700_000_000): void {
  const control = Buffer.from(`Package: ${name}\nVersion: ${version}\nArchitecture: all\nDescription: x\n`);
  const members = [
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar', writeTar([fileEntry('./control', control)])],
    ['data.tar', writeTar([])],
  ] as const;
  writeFileSync(join(directory, `${name}_${version}_all.deb`), writeAr(members.map(([member, body]) => newArMember(member, body, time))));
}

const made = (env: NodeJS.ProcessEnv = {}) => repo({ directory, gpgKey: undefined }, testContext({ env }));
const read = (name: string) => readFileSync(join(directory, name), 'utf8');
const hashes = () => readdirSync(join(directory, 'by-hash/SHA256')).sort();

test('the index names each package, and is there under its digests, too', async () => {
  put('a', '1');
  put('b', '2');
  const document = await made();
  expect(document.packages.map(({ file }) => file)).toEqual(['a_1_all.deb', 'b_2_all.deb']);
  const lists = document.files.filter(({ path }) => !path.endsWith('Release'));
  expect(lists.map(({ path }) => path)).toEqual(['Packages', 'Packages.gz'].map((name) => join(directory, name)));
  expect(hashes()).toEqual(lists.map(({ sha256 }) => sha256).sort());
  for (const { path, sha256 } of lists) expect(readFileSync(path)).toEqual(readFileSync(join(directory, 'by-hash/SHA256', sha256)));
  expect(document.source).toBe(`deb [trusted=yes] file:${directory} ./`);
  expect(readdirSync(directory).sort()).toEqual(['Packages', 'Packages.gz', 'Release', 'a_1_all.deb', 'b_2_all.deb', 'by-hash']);
});

test('the same packages give the same bytes, wherever they are and however often it is made', async () => {
  put('a', '1', 1_700_000_001);
  put('b', '2');
  const first = await made();
  expect(first.date).toBe('2023-11-14T22:13:21.000Z');
  const bytes = () => ['Packages', 'Packages.gz', 'Release'].map(read);
  const before = bytes();
  expect(await made()).toEqual(first);
  expect(bytes()).toEqual(before);
  const elsewhere = makeDirectory();
  for (const name of ['b_2_all.deb', 'a_1_all.deb']) copyFileSync(join(directory, name), join(elsewhere, name));
  directory = elsewhere;
  await made();
  expect(bytes()).toEqual(before);
});

describe('the date', () => {
  test('never goes back, and another index has a later one: apt keeps what it has otherwise', async () => {
    put('a', '1', 1_700_000_000);
    put('a', '2', 1_800_000_000);
    const { date } = await made();
    rmSync(join(directory, 'a_2_all.deb'));
    const later = await made();
    expect(Date.parse(later.date)).toBe(Date.parse(date) + 1000);
    expect((await made()).date).toBe(later.date);
  });

  test('is SOURCE_DATE_EPOCH where that is set', async () => {
    put('a', '1');
    expect(await made({ SOURCE_DATE_EPOCH: '1600000000' })).toMatchObject({ date: '2020-09-13T12:26:40.000Z' });
    put('a', '2');
    const context = testContext({ env: { SOURCE_DATE_EPOCH: '1500000000' } });
    await repo({ directory, gpgKey: undefined }, context);
    expect(context.told.warnings).toEqual([expect.stringContaining('SOURCE_DATE_EPOCH is before')]);
    expect(await failureOf(() => made({ SOURCE_DATE_EPOCH: 'yesterday' }))).toMatchObject({ code: 'usage' });
  });
});

test('the lists of the index before stay, for who reads that; older ones go', async () => {
  const all: string[][] = [];
  for (const version of ['1', '2', '3']) {
    put('a', version);
    all.push((await made()).files.slice(0, 2).map(({ sha256 }) => sha256));
  }
  expect(hashes()).toEqual([...(all[1] ?? []), ...(all[2] ?? [])].sort());
});

describe('what is refused, and the index before stays:', () => {
  test.each<[string, () => void, object]>([
    [
      'a package that SHA256SUMS has otherwise',
      () => writeFileSync(join(directory, 'SHA256SUMS'), `${'0'.repeat(64)}  a_1_all.deb\n`),
      { code: 'digest-mismatch' },
    ],
    ['a file that is not a package', () => writeFileSync(join(directory, 'x.deb'), 'x'), { code: 'package-damaged' }],
    ['two files of one version', () => copyFileSync(join(directory, 'a_1_all.deb'), join(directory, 'b.deb')), { code: 'package-unfit' }],
    [
      'a name that is not one word',
      () => renameSync(join(directory, 'a_1_all.deb'), join(directory, 'a b.deb')),
      { code: 'package-unfit' },
    ],
    ['a directory without a package', () => rmSync(join(directory, 'a_1_all.deb')), { code: 'no-input' }],
    ['a signed archive without the key', () => writeFileSync(join(directory, 'InRelease'), 'x'), { code: 'usage' }],
  ])('%s', async (_, spoil, failure) => {
    put('a', '1');
    await made();
    const before = read('Release');
    spoil();
    expect(await failureOf(made)).toMatchObject(failure);
    expect(read('Release')).toBe(before);
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a directory that is missing, which is not made', async () => {
    directory = join(directory, 'none');
    expect(await failureOf(made)).toMatchObject({ code: 'no-input', path: directory });
    expect(existsSync(directory)).toBe(false);
  });
});

test('the command prints what to type next, and warns of a package that failed', async () => {
  const { artifacts } = await cli(['build', '--sample', '--no-verify', '--quiet', '--out', directory]).prints({});
  await cli(['repo', directory]).succeeds(/^PACKAGE +VERSION[\s\S]*\n {2}echo 'deb \[trusted=yes\] file:\S+ \.\/' \| sudo tee \S+\n/);
  const record = artifacts[0].path.replace(/\.deb$/, '.build.json');
  const verdict = { target: 'debian-12', kernel: '6.1', release: '', status: 'fails', steps: { builds: false, installs: false } };
  const rest = { modules: [], patches: [], log: '', seconds: 1 };
  const document = JSON.parse(readFileSync(record, 'utf8'));
  writeFileSync(record, JSON.stringify({ ...document, verification: { status: 'failed', kernels: [{ ...verdict, ...rest }] } }));
  await cli(['repo', directory]).succeeds(/^PACKAGE/, /^warning: \S+ failed its verification on debian-12\n$/);
});
