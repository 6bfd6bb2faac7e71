/** What `matrix` does without a container: list, merge, and refuse before anything runs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../../src/catalogue.js';
import type { MatrixDocument } from '../../../src/documents/index.js';
import { usualTargets } from '../../../src/kernels/target.js';
import { renderText } from '../../../src/report/text.js';
import { cli } from '../../cli.js';
import { all, baseline as blind, cellOf, matrixOf, type onOf, readHtml, readXml, withOn } from '../../report/matrices.js';
import { makeDirectory, missing, runCli, testContext } from '../../support.js';

const baseline = withOn(blind);
const cwd = makeDirectory();
// Without programs on the path there is no engine: what asks for one here fails with another code.
const env = { ...process.env, PATH: join(cwd, 'nothing') };
const matrix = (...args: string[]) => runCli(['matrix', ...args], { cwd, env });
const matrixCli = (line: string | string[]) => cli(typeof line === 'string' ? `matrix ${line}` : ['matrix', ...line], { cwd, env });
// Targets for kernels of one vendor are not part of `all`.
const names = usualTargets(await loadTargets(testContext())).map(({ name }) => name);

describe('matrix --list', () => {
  test('prints the targets of the catalogue, a line each', async () => {
    for (const line of ['--list', '--list --kernel all --format text', '--list --kernels all'])
      await matrixCli(line).succeeds(`${names.join('\n')}\n`);
  });

  test('of some kernels prints the targets that they mean, each once, in the order of the list', async () => {
    const lists = [
      ['--kernel', 'debian-13, 6.1,6.6.30,,debian-12'],
      ['--kernels', 'debian-13, 6.1,6.6.30,,debian-12'],
    ];
    for (const list of [...lists, ['--kernel', 'debian-13', '--kernel', '6.1', '--kernel', '6.6.30,debian-12']])
      await matrixCli(['--list', ...list]).succeeds('debian-13\ndebian-12\nlinux-6.6.30\n', '6.1: using target debian-12\n');
    await matrixCli('--list --kernel-source /usr/src/linux-6.1').succeeds('linux-6.1\n');
    // With a source, --kernel says where it is prepared.
    await matrixCli('--list --kernel debian-11 --kernel-source /usr/src/linux-6.1').succeeds('linux-6.1\n');
  });

  test("--format github is one line of JSON, a job's matrix as GitHub's fromJSON takes it", async () => {
    const { stdout } = await matrixCli('--list --format github').succeeds(/^[^\n]+\n$/);
    expect(JSON.parse(stdout)).toStrictEqual({ include: names.map((kernel) => ({ kernel })) });
    // Each of them must mean itself when the job gives it back with --kernel.
    await matrixCli(['--list', '--kernel', names.join()]).succeeds(`${names.join('\n')}\n`);
  });

  test('--json is a document', async () => {
    const document = { schema: 'mft-patch/matrix-list@1', format: 'text', kernels: names };
    expect(await matrixCli('--list').prints(document)).toStrictEqual(document);
    const some = { ...document, format: 'github', kernels: ['debian-12'] };
    expect(await matrixCli('--list --format github --kernel debian-12').prints(some)).toStrictEqual(some);
  });
});

describe('matrix refuses before anything runs:', () => {
  const formats = '.json, .xml, .md, .html';
  test.concurrent.each<[string | string[], string, string]>([
    ['--kernels debian-12,debian-99 --sample', "'debian-99'", 'did you mean debian-11 or debian-12 or debian-13'],
    ['--kernel debian-12 --kernel debian-99 --sample', "'debian-99'", 'did you mean debian-11 or debian-12 or debian-13'],
    ['--kernels hsot --sample', "'hsot'", 'did you mean host or'],
    ['--kernels 6.1,5 --sample --quiet', "invalid kernel release '5'", 'MAJOR.MINOR'],
    [['--kernels', ' , ', '--sample'], '--kernel is empty', '6.1,debian-13, or all'],
    [['--kernel', ' , ', '--sample'], '--kernel is empty', '6.1,debian-13, or all'],
    [['--kernels', '', '--sample'], '--kernel is empty', '6.1,debian-13, or all'],
    ['--list --kernels debian-99', "'debian-99'", 'did you mean'],
    ['--jobs 0 --sample', "argument '0' is invalid. It must be a whole number above 0.", '--help'],
    ['--jobs x --sample', "argument 'x' is invalid", '--help'],
    ['--jobs -1 --sample', "argument '-1' is invalid", '--help'],
    ['--jobs 1.5 --sample', "argument '1.5' is invalid", '--help'],
    ['--timeout 0 --sample', "argument '0' is invalid", '--help'],
    ['--only-failed --sample', 'cannot read dist/matrix.json: ENOENT', 'run without --only-failed first'],
    ['--only-failed --sample --out there', 'cannot read there/matrix.json', 'pass its directory with --out'],
    ['--format github --sample', '--format requires --list', '--list'],
    ['--kernel-config x --kernels 6.1 --sample', '--kernel-config requires --kernel-source', 'pass the source'],
    ['--kernel-source https:// --sample', "invalid --kernel-source URL 'https://'", 'pass an http or https URL'],
    ['--kernel-source x --kernel 6.1,5.18 --sample', '--kernel-source takes one --kernel', 'a run of their own'],
    ['--list --format gitlab', "argument 'gitlab' is invalid", '--help'],
    ['--report out.txt --sample', '--report out.txt: unknown report format', formats],
    ['--report a.json --report out --sample', '--report out: unknown report format', formats],
    ['--report a.json --report a.JSON.gz --sample', '--report a.JSON.gz', formats],
  ])('%j', async (line, words, hint) => {
    const failure = { code: 'usage', message: expect.stringContaining(words), hint: expect.stringContaining(hint) };
    await matrixCli(line).fails(2, failure);
    for (const path of ['dist', 'there', 'a.json']) expect(existsSync(join(cwd, path))).toBe(false);
  });

  test('a kernel without a target, with those that are near', async () => {
    await matrixCli('--kernels 5.14.0-427.el9.x86_64 --sample').fails(2, {
      code: 'no-target',
      kernel: '5.14.0-427.el9.x86_64',
      targets: expect.arrayContaining(['ubuntu-22.04 (5.15)']),
    });
  });

  test('no engine is exit 5, so that the codes above are no accident', async () => {
    await matrixCli('--kernels debian-12 --sample').fails(5, { code: 'no-engine' });
  });

  test('--only-failed after a run for another release', async () => {
    mkdirSync(join(cwd, 'other'));
    writeFileSync(join(cwd, 'other/matrix.json'), JSON.stringify(baseline));
    // The release is known once the package is read, and the engine is looked for at the same time.
    const { status, stderr } = await matrix('--only-failed', '--sample', '--out', 'other');
    expect([2, 5]).toContain(status);
    expect(stderr).toMatch(/4\.20\.1-14.*4\.15\.1-0sample|no container engine/);
    expect(JSON.parse(readFileSync(join(cwd, 'other/matrix.json'), 'utf8'))).toEqual(baseline);
  });

  test('--only-failed after a run of --kernel-source, whose name could mean another kernel', async () => {
    mkdirSync(join(cwd, 'from-source'));
    const cell = { ...cellOf({ target: 'linux-6.1', patched: { ...cellOf().patched, status: 'fails' } }), requested: '' };
    writeFileSync(join(cwd, 'from-source/matrix.json'), JSON.stringify(matrixOf(cell)));
    await matrixCli('--only-failed --sample --out from-source').fails(2, { code: 'usage', detail: expect.stringContaining('linux-6.1') });
    // With the source it would run, if there were an engine.
    await matrixCli('--only-failed --sample --out from-source --kernel-source /usr/src/linux-6.1').fails(5, { code: 'no-engine' });
  });
});

describe('matrix --merge', () => {
  const merge = async (parts: Record<string, unknown>, ...args: string[]) => {
    for (const [name, document] of Object.entries(parts)) writeFileSync(join(cwd, name), JSON.stringify(document, null, 2));
    return matrix('--merge', ...Object.keys(parts), ...args);
  };
  const [one, two, ...rest] = baseline.cells as [MatrixDocument['cells'][0], MatrixDocument['cells'][0], ...MatrixDocument['cells']];
  const parts = { '1.json': matrixOf(one), '2.json': matrixOf(two), '3.json': matrixOf(...rest) };

  test('shows several results as one, with the exit code of the whole', async () => {
    expect(await merge(parts)).toEqual({ status: 1, stdout: `${renderText(baseline)}\n`, stderr: '' });
    const { status, stdout } = await merge(parts, '--json');
    expect({ status, document: JSON.parse(stdout) }).toStrictEqual({ status: 1, document: baseline });
    expect(await merge({ '1.json': matrixOf(one), '2.json': matrixOf(two) })).toMatchObject({ status: 0 });
    const untried = matrixOf(cellOf({ target: 'x', patched: { ...cellOf().patched, status: 'error' } }));
    expect(await merge({ '1.json': matrixOf(one), '2.json': untried })).toMatchObject({ status: 5 });
    expect(await merge({ '1.json': matrixOf(one) })).toMatchObject({ status: 0 });
  });

  test('of the same kernel the later one counts', async () => {
    const mended = withOn(matrixOf(cellOf({ target: 'debian-sid' })));
    const { status, stdout } = await merge({ ...parts, '4.json': mended }, '--json');
    const { cells } = JSON.parse(stdout) as MatrixDocument;
    expect(cells.map(({ target }) => target)).toEqual(baseline.cells.map(({ target }) => target));
    expect({ status, cell: cells[3] }).toEqual({ status: 5, cell: mended.cells[0] });
  });

  describe('with the kernels that there must be', () => {
    const merged = async (...args: string[]) => {
      const { status, stdout, stderr } = await merge(parts, '--json', ...args);
      return { status, stderr, cells: (JSON.parse(stdout) as MatrixDocument).cells };
    };

    test('has a row for each that no result has, and ends with 5 if nothing is worse', async () => {
      const lists = ['--kernel', 'debian-13,debian-11', '--kernel', 'debian-12'];
      const { cells } = await merged(...lists);
      expect(cells.map(({ target, patched }) => `${target} ${patched.status}`)).toEqual([
        ...['debian-13 missing', 'debian-11 builds', 'debian-12 builds'],
        ...['debian-13-backports error', 'debian-sid fails', 'ubuntu-24.04 builds'],
      ]);
      expect(cells[0]).toMatchObject({ requested: 'debian-13', kernel: '6.12', patches: [], patched: { artifact: '', log: '' } });
      const good = { '1.json': matrixOf(one), '2.json': matrixOf(two) };
      expect(await merge(good, '--kernel', 'debian-11,debian-12')).toMatchObject({ status: 0 });
      const { status, stdout } = await merge(good, '--kernel', 'debian-11,debian-12,debian-13', '--report', 'missing.md');
      expect({ status, stdout }).toEqual({ status: 5, stdout: expect.stringMatching(/^6\.12 +debian-13 +- +missing +-$/m) });
      expect(readFileSync(join(cwd, 'missing.md'), 'utf8')).toContain('2 of 3 kernels build; debian-13 is missing.');
      expect((await merged('--kernel', 'all')).status).toBe(1);
    });

    test('is refused for a kernel that does not exist', async () => {
      await matrixCli('--merge 1.json --kernel debian-99').fails(2, { code: 'usage', message: expect.stringContaining("'debian-99'") });
    });
  });

  describe('keeps results apart', () => {
    const other = (changes: Parameters<typeof onOf>[0]) => withOn(matrixOf(cellOf({ target: 'debian-13' })), changes);
    const patches = [{ id: 'dma-unmap', sha256: '9'.repeat(64) }];
    const baked = { boot: false, package: 'baked' as const };
    test.each<[string, unknown, string]>([
      ['of another package of the same version', other({ package: '0'.repeat(64) }), 'package aaaaaaaaaaaa, then 000000000000'],
      ['of an edited patch', other({ patches, package: '0'.repeat(64) }), 'patch dma-unmap has changed'],
      ['of other patches', other({ patches: [] }), 'patches dma-unmap, then none'],
      ['of a package for each set of patches', other({ options: baked }), 'package universal, then baked'],
      ['with a boot', other({ options: { ...baked, boot: true } }), 'option no --boot, then --boot'],
      [
        'of another program',
        other({ program: { version: '0.2.0', sha256: 'b'.repeat(64) } }),
        'program 0.1.0 (ffffffffffff), then 0.2.0 (bbb',
      ],
      ['of another architecture', other({ architecture: 'arm64' }), 'architecture amd64, then arm64'],
    ])('%s', async (_, document, difference) => {
      const { status, stderr } = await merge({ '2.json': withOn(matrixOf(cellOf())), 'o.json': document });
      expect(status).toBe(2);
      expect(stderr).toContain(`2.json and o.json cannot be merged: ${difference}`);
    });

    test('that do not record what was tested', async () => {
      const { status, stderr } = await merge({ '2.json': withOn(matrixOf(cellOf())), 'o.json': matrixOf(cellOf({ target: 'x' })) });
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('o.json: x: the result does not record what was tested'),
      });
    });

    test('but not those of other images and engines, nor baked ones that need other patches', async () => {
      const image = { image: `sha256:${'2'.repeat(64)}`, engine: 'podman 4.3.1' };
      expect(await merge({ '2.json': withOn(matrixOf(cellOf())), 'o.json': other(image) })).toMatchObject({ status: 0 });
      const [none, some] = [{ options: baked, patches: [], package: '0'.repeat(64) }, { options: baked }];
      expect(await merge({ '2.json': withOn(matrixOf(cellOf()), some), 'o.json': other(none) })).toMatchObject({ status: 0 });
      const { stderr } = await merge({ '2.json': withOn(matrixOf(cellOf()), some), 'o.json': other({ ...some, package: '1'.repeat(64) }) });
      expect(stderr).toContain('package aaaaaaaaaaaa, then 111111111111');
    });
  });

  test.skipIf(missing('tools') !== '')('writes a report in every format', async () => {
    const files = ['json', 'xml', 'md', 'html'].map((kind) => `reports/out.${kind}`);
    expect(await merge(parts, ...files.flatMap((file) => ['--report', file]))).toMatchObject({ status: 1 });
    const [json = '', xml = '', md = '', html = ''] = files.map((file) => readFileSync(join(cwd, file), 'utf8'));
    expect(JSON.parse(json)).toStrictEqual(baseline);
    const targets = baseline.cells.map(({ target }) => target);
    const cases = all(readXml(xml), 'testcase').map(({ attributes }) => attributes.name ?? '');
    expect(md.startsWith('## MFT 4.20.1-14\n')).toBe(true);
    const rows = all(readHtml(html), 'tr');
    expect(rows).toHaveLength(1 + targets.length);
    for (const target of targets) {
      expect(cases.filter((name) => name.includes(target))).not.toEqual([]);
      expect(md).toMatch(new RegExp(`^\\|[^|]*\\| ${target} \\|`, 'm'));
      expect(html).toContain(target);
    }
    // What was written can be merged again.
    expect(JSON.parse((await matrix('--merge', 'reports/out.json', '--json')).stdout)).toStrictEqual(baseline);
  });

  const first = { '1.json': matrixOf(one) };
  test.each<{ title: string; documents: Record<string, unknown>; args: string[]; words: string; hint: string }>([
    {
      title: 'a file that is none',
      documents: { ...first, 'x.json': [] },
      args: [],
      words: 'x.json is not a matrix result',
      hint: '--report FILE.json',
    },
    {
      title: 'a report of no format',
      documents: first,
      args: ['--report', 'a.json', '--report', 'o.txt'],
      words: '--report o.txt',
      hint: '.html',
    },
    {
      title: 'a file that is not there',
      documents: first,
      args: ['--merge', 'no.json', '--report', 'a.json'],
      words: 'cannot read no.json: ENOENT',
      hint: '--report',
    },
  ])('refuses $title, and writes nothing', async ({ documents, args, words, hint }) => {
    for (const [name, document] of Object.entries(documents)) writeFileSync(join(cwd, name), JSON.stringify(document));
    const failure = { code: 'usage', message: expect.stringContaining(words), hint: expect.stringContaining(hint) };
    await matrixCli(['--merge', ...Object.keys(documents), ...args]).fails(2, failure);
    expect(existsSync(join(cwd, 'a.json'))).toBe(false);
  });

  test('shows results of several releases as one, with a column for each; packages are compared within a release', async () => {
    const on = (mft: MatrixDocument['mft'], sha256: string, target = 'debian-12') => ({
      ...withOn(matrixOf(cellOf({ target })), { package: sha256.repeat(64) }),
      mft,
    });
    const [old, newer] = [
      { version: '4.20.1', revision: '14' },
      { version: '4.22.0', revision: '417' },
    ];
    const files = { '1.json': on(old, 'a'), '2.json': on(newer, 'b'), '3.json': on(newer, 'b', 'debian-13') };
    const { status, stdout } = await merge(files, '--json', '--kernel', 'debian-12,debian-13');
    const document = JSON.parse(stdout) as MatrixDocument;
    expect(status).toBe(5);
    expect(document).toMatchObject({ mft: old, releases: [{ mft: old }, { mft: newer }] });
    expect(document.cells.map(({ mft, target, patched }) => [mft?.version, target, patched.status])).toEqual([
      ['4.20.1', 'debian-12', 'builds'],
      ['4.20.1', 'debian-13', 'missing'],
      ['4.22.0', 'debian-12', 'builds'],
      ['4.22.0', 'debian-13', 'builds'],
    ]);
    const text = await merge(files, '--kernel', 'debian-12,debian-13');
    expect(text.stdout).toContain(
      'MFT 4.20.1-14, 4.22.0-417\n\nKERNEL  TARGET     4.20.1-14  4.22.0-417\n6.1     debian-12  builds     builds\n',
    );
    expect(text.stdout).toContain('debian-13  missing    builds\n\nMFT 4.20.1-14 debian-13:\n');
    // What was merged can be merged again, and stays apart from another package of its release.
    writeFileSync(join(cwd, 'whole.json'), stdout);
    expect(JSON.parse((await matrix('--merge', 'whole.json', '2.json', '--json')).stdout)).toEqual({ ...document, seconds: undefined });
    expect((await merge({ ...files, '4.json': on(newer, 'c', 'debian-11') })).stderr).toContain(
      '2.json and 4.json cannot be merged: package bbbbbbbbbbbb, then cccccccccccc',
    );
  });

  test('refuses no file', async () => {
    await matrixCli('--merge').fails(2, { code: 'usage', message: expect.stringContaining("option '--merge <file...>' argument missing") });
  });
});
