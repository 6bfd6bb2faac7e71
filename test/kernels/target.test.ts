import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { explain } from '../../src/explain.js';
import { nearestTargets, seriesOf, targetsFor } from '../../src/kernels/target.js';
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
    [{ kernle: 'x' }, '"kernle"', "unknown field 'kernle' (known fields: $schema, replaces, title, kernel, rolling, image, suites"],
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
    const known = '(known fields: $schema, replaces, title, kernel, rolling, image, suites, headers, snapshot, checkValidUntil, tried)';
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
    for (const { kernel } of targets) expect(targetsFor(kernel, targets).length).toBeGreaterThan(0);
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
