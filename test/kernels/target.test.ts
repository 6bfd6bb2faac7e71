import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { explain } from '../../src/explain.js';
import { resolveKernels } from '../../src/kernels/resolve.js';
import { nearestTargets, seriesOf, targetsFor, usualTargets } from '../../src/kernels/target.js';
import { parseTarget } from '../../src/kernels/target-file.js';
import { failureOf, testContext } from '../support.js';

const fields = {
  title: 'Debian',
  kernel: '6.1',
  image: 'debian:12',
  suites: ['bookworm'],
  headers: 'linux-headers-amd64',
  tried: ['docker'],
};
const target = (name: string, changes: object = {}) => parseTarget(`kernels/${name}.json`, JSON.stringify({ ...fields, ...changes }));

describe('a target file', () => {
  test('is read, its name being the file name, and what it leaves out is as usual', () => {
    expect(target('x')).toStrictEqual({ name: 'x', ...fields, rolling: false, snapshot: '', checkValidUntil: true });
  });

  test('may say more', () => {
    const more = {
      rolling: true,
      suites: ['trixie', 'bookworm'],
      snapshot: '20220702T000000Z',
      checkValidUntil: false,
      tried: ['docker', 'podman'],
    };
    expect(target('x', more)).toStrictEqual({ name: 'x', ...fields, ...more });
    expect(target('x', { tried: [] }).tried).toEqual([]);
  });

  test.each<[object, string, string]>([
    [
      { kernle: 'x' },
      '"kernle"',
      "unknown field 'kernle' (known fields: $schema, replaces, title, kernel, rolling, releases, image, suites",
    ],
    [{ suite: 'bookworm' }, '"suite"', "unknown field 'suite' (known fields: "],
    [{ constructor: 'x' }, '"constructor"', "unknown field 'constructor' (known fields: "],
    [{ title: '' }, '"title"', 'title: must be a non-empty string'],
    [{ title: null }, '"title"', 'title: must be a string'],
    [{ kernel: 6.1 }, '"kernel"', 'kernel: must be a string'],
    [{ kernel: '6' }, '"kernel"', "kernel: must be major.minor, as in 6.1, not '6'"],
    [{ kernel: '6.1.7' }, '"kernel"', "kernel: must be major.minor, as in 6.1, not '6.1.7'"],
    [{ image: ['debian:12'] }, '"image"', 'image: must be a string'],
    [{ headers: '' }, '"headers"', 'headers: must be a non-empty string'],
    [{ suites: 'bookworm' }, '"suites"', 'suites: must be a list of strings'],
    [{ suites: ['bookworm', 12] }, '12', 'suites[1]: must be a string'],
    [{ suites: [''] }, '""', 'suites[0]: must be a non-empty string'],
    [{ suites: [] }, '"suites"', 'suites: must name at least the suite of the base image'],
    [{ tried: 'docker' }, '"tried"', 'tried: must be a list of strings'],
    [{ tried: ['docker', 'lxc'] }, '"lxc"', 'tried[1]: must be docker or podman, not "lxc"'],
    [{ rolling: 'yes' }, '"rolling"', 'rolling: must be true or false'],
    [{ checkValidUntil: 0 }, '"checkValidUntil"', 'checkValidUntil: must be true or false'],
    [{ snapshot: '2022-07-02' }, '"snapshot"', 'snapshot: must be a snapshot timestamp such as 20220702T000000Z'],
  ])('%j is refused with the line that it stands in', async (changes, start, words) => {
    const text = JSON.stringify({ ...fields, ...changes }, null, 2);
    const line = text.split('\n').findIndex((candidate) => candidate.trim().startsWith(start)) + 1;
    expect(line).toBeGreaterThan(1);
    expect(await failureOf(() => parseTarget('kernels/x.json', text))).toEqual({
      code: 'bad-catalogue',
      file: 'kernels/x.json',
      line,
      detail: expect.stringContaining(words),
    });
  });

  test.each(Object.keys(fields))('without %s is refused', async (name) => {
    expect(await failureOf(() => target('x', { [name]: undefined }))).toEqual({
      code: 'bad-catalogue',
      file: 'kernels/x.json',
      line: 1,
      detail: `missing field '${name}'`,
    });
  });

  test('with several faults is refused with all of them, in the order of their lines', async () => {
    const text = `{
      "title": "",
      "kernle": "6.1",
      "suites": ["bookworm",
        12,
        ""],
      "image": 7, "tried": ["lxc"],
      "toString": "x"
    }`;
    const failure = await failureOf(() => parseTarget('kernels/x.json', text));
    const known =
      '(known fields: $schema, replaces, title, kernel, rolling, releases, image, suites, archives, headers, snapshot, checkValidUntil, tried, untried)';
    expect(failure).toEqual({
      code: 'bad-catalogue',
      file: 'kernels/x.json',
      line: 1,
      detail: "missing field 'kernel'",
      others: [
        { line: 1, detail: "missing field 'headers'" },
        { line: 2, detail: 'title: must be a non-empty string' },
        { line: 3, detail: `unknown field 'kernle' ${known}` },
        { line: 5, detail: 'suites[1]: must be a string' },
        { line: 6, detail: 'suites[2]: must be a non-empty string' },
        { line: 7, detail: 'image: must be a string' },
        { line: 7, detail: 'tried[0]: must be docker or podman, not "lxc"' },
        { line: 8, detail: `unknown field 'toString' ${known}` },
      ],
    });
    const lines = explain(failure).message.split('\n');
    expect(lines.map((line) => line.slice(0, line.indexOf(': ')))).toEqual(
      [1, 1, 2, 3, 5, 6, 7, 7, 8].map((line) => `kernels/x.json:${line}`),
    );
  });

  test.each([
    ['{', 1, 'JSON'],
    ['{\n  "title": "x",\n  "kernel" "6.1"\n}', 3, 'JSON'],
    ['{\n  "title": "x"\n  "kernel": "6.1"\n}', 3, 'JSON'],
    ['{\n  "title": "x",\n  "kernel": "6.1"\n', 3, 'JSON'],
    ['{\n  "title": x,\n  "kernel": "6.1"\n}\n', 2, 'JSON'],
    ['{\n  "title": "x",\n}\n', 3, 'JSON'],
    ['{\n  "title": "x\n}\n', 2, 'JSON'],
    ['{\n  "title": "x"\n}\n}', 4, 'JSON'],
    ['', 1, 'JSON'],
    ['[]', 1, 'expected an object, found a list'],
    [`[${JSON.stringify(fields)}]`, 1, 'expected an object, found a list'],
    ['null', 1, 'expected object, found null'],
    ['"debian"', 1, 'expected object, found "debian"'],
  ])('%j is no target, and the line is told', async (text, line, words) => {
    const failure = await failureOf(() => parseTarget('kernels/x.json', text));
    expect(failure).toMatchObject({ code: 'bad-catalogue', file: 'kernels/x.json', line, detail: expect.stringContaining(words) });
  });
});

describe('the targets for a release', () => {
  const names = (release: string, targets: ReturnType<typeof target>[]) => targetsFor(release, targets).map(({ name }) => name);
  const catalogue = [
    target('arch', { kernel: '6.12', tried: [] }),
    target('debian-12'),
    target('debian-12-backports', { kernel: '6.12', rolling: true }),
    target('debian-13', { kernel: '6.12' }),
    target('ubuntu-6.12', { kernel: '6.12', tried: [] }),
  ];

  test.each([
    ['6.1', ['debian-12']],
    ['6.1.7', ['debian-12']],
    ['6.1.0-50-amd64', ['debian-12']],
    ['6.12', ['debian-13', 'arch', 'ubuntu-6.12', 'debian-12-backports']],
    ['6.12.117+deb13-amd64', ['debian-13', 'arch', 'ubuntu-6.12', 'debian-12-backports']],
    ['6.12.95+deb12-amd64', ['debian-12-backports', 'debian-13', 'arch', 'ubuntu-6.12']],
    ['6.12.9+bpo-amd64', ['debian-12-backports', 'debian-13', 'arch', 'ubuntu-6.12']],
    ['6.12.0-20-generic', ['ubuntu-6.12']],
    ['6.12.0-1003-nvidia-64k', ['ubuntu-6.12']],
    ['6.12.95+deb12-cloud-arm64', ['debian-12-backports', 'debian-13', 'arch', 'ubuntu-6.12']],
    ['6.12-rc3', ['debian-13', 'arch', 'ubuntu-6.12', 'debian-12-backports']],
    // Others have other kernels under these numbers.
    ['6.12.0-55.9.1.el10_0.x86_64', []],
    ['6.12.0-160000.5-default', []],
    ['6.12.44-1-pve', []],
    ['6.12.44-production+truenas', []],
    ['6.2', []],
    ['6', undefined],
  ])('%s are %j', async (release, expected) => {
    if (expected === undefined) expect(await failureOf(() => names(release, catalogue))).toMatchObject({ code: 'usage' });
    else expect(names(release, catalogue)).toEqual(expected);
  });

  test('do not hang on the order of the catalogue', () => {
    expect(names('6.12.95+deb12-amd64', catalogue.toReversed())[0]).toBe('debian-12-backports');
    expect(names('6.12', catalogue.toReversed())[0]).toBe('debian-13');
  });

  test('of the catalogue: each of its kernels has one', async () => {
    const targets = await loadTargets(testContext());
    for (const { kernel } of usualTargets(targets)) expect(targetsFor(kernel, targets).length).toBeGreaterThan(0);
  });
});

describe('the nearest target', () => {
  test('comes first, the newer of two as near', () => {
    const targets = ['5.10', '6.1', '6.3', '7.3'].map((kernel) => target(kernel, { kernel }));
    const kernels = (wanted: string) => nearestTargets(wanted, targets).map(({ kernel }) => kernel);
    expect(kernels('6.2')).toEqual(['6.3', '6.1', '5.10', '7.3']);
    expect(kernels('5.18.0')).toEqual(['5.10', '6.1', '6.3', '7.3']);
    expect(kernels('8.0')[0]).toBe('7.3');
    expect(targets[0]?.kernel).toBe('5.10');
  });
});

test.each([
  ['6.1.0-50-amd64', '6.1'],
  ['7.3.4+deb13-amd64', '7.3'],
  ['6.12', '6.12'],
  ['', ''],
  ['none', ''],
])("the series of '%s' is '%s'", (release, series) => {
  expect(seriesOf(release)).toBe(series);
});

describe('a target that is for certain releases', () => {
  test.each([
    ['6.8.12-4-pve', 'proxmox-8'],
    ['6.14.0-2-bpo12-pve', 'proxmox-8-6.14'],
    ['6.14.8-2-pve', 'proxmox-9'],
    ['6.2.16-3-pve', undefined],
    ['6.8.0-1013-nvidia', 'ubuntu-24.04-nvidia'],
    ['6.8.0-1013-nvidia-64k', 'ubuntu-24.04-nvidia-64k'],
    ['6.8.0-41-generic', 'ubuntu-24.04'],
    ['5.15.0-1070-bluefield', 'ubuntu-22.04-bluefield'],
    ['6.14.0-1005-oem', 'ubuntu-24.04-oem'],
    // One that moves on is for later ones, too.
    ['7.2.3-1-liquorix-amd64', 'liquorix'],
    ['6.12.9-x64v3-xanmod1', 'xanmod'],
    ['7.0.4-zabbly+', 'zabbly'],
    ['5.10.2-x64v1-xanmod1', undefined],
    ['6.1.0-50-amd64', 'debian-12'],
  ])('is the first for %s', async (release, name) => {
    expect(targetsFor(release, await loadTargets(testContext()))[0]?.name).toBe(name);
  });

  test('is neither in all, nor for a version alone, nor near another kernel', async () => {
    const targets = await loadTargets(testContext());
    const all = (await resolveKernels({ kernel: ['all'] }, targets)).map(({ target }) => target?.name);
    expect(all).toContain('ubuntu-22.04-hwe');
    expect(all.filter((name) => /proxmox|oem|nvidia|bluefield|liquorix|xanmod|zabbly/.test(name ?? ''))).toEqual([]);
    expect(targetsFor('6.14', targets)).toEqual([]);
    expect(nearestTargets('6.14', targets).map(({ name }) => name)).not.toContain('proxmox-9');
    expect((await resolveKernels({ kernel: ['proxmox-9'] }, targets))[0]?.target?.name).toBe('proxmox-9');
  });

  test.each<[object, string]>([
    [{ releases: '(' }, 'releases: must be a regular expression'],
    [{ archives: [{}] }, "missing field 'archives[0].uri'"],
    ...[
      [{ uri: 'ftp://a' }, 'uri: must be an http or https URL'],
      [{ uri: 'http://a b' }, 'uri: must be an http or https URL'],
      [{ uri: 'https://user:secret@a/' }, 'uri: must be an http or https URL without a password'],
      [{ suite: 'a|b' }, 'suite: must be a suite'],
      [{ components: [] }, 'components: must name at least one'],
      [{ key: '../x.asc' }, 'key: must be the name of a file beside this one'],
      [{ key: 'http://a/x.asc' }, 'key: must be the name of a file beside this one'],
      [{ fingerprint: 'F4E1 36C6' }, 'fingerprint: must be 40 or 64 hex digits'],
    ].map(([change, words]): [object, string] => {
      const good = { uri: 'http://a/', suite: 'x', components: ['main'], key: 'x.asc', fingerprint: 'A'.repeat(40) };
      return [{ archives: [{ ...good, ...(change as object) }] }, `archives[0].${words}`];
    }),
  ])('%j is refused', async (changes, words) => {
    expect(await failureOf(() => target('x', changes))).toMatchObject({ code: 'bad-catalogue', detail: expect.stringContaining(words) });
  });
});
