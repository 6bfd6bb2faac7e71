/** What `matrix` does without a container: list, merge, and refuse before anything runs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import type { MatrixDocument } from '../../src/documents.js';
import { renderText } from '../../src/report/text.js';
import { all, baseline, cellOf, matrixOf, readHtml, readXml } from '../report/matrices.js';
import { makeFolder, missing, runCli } from '../support.js';

const cwd = makeFolder();
// Without programs on the path there is no engine: what asks for one here fails with another code.
const env = { ...process.env, PATH: join(cwd, 'nothing') };
const matrix = (...args: string[]) => runCli(['matrix', ...args], { cwd, env });
const names = (await loadTargets()).map(({ name }) => name);

describe('matrix --list', () => {
  test('prints the targets of the catalogue, a line each', async () => {
    const expected = { status: 0, stdout: `${names.join('\n')}\n`, stderr: '' };
    expect(await matrix('--list')).toEqual(expected);
    expect(await matrix('--list', '--kernels', 'all', '--format', 'text')).toEqual(expected);
  });

  test('of some kernels prints the targets that they mean, each once, in the order of the list', async () => {
    const { status, stdout } = await matrix('--list', '--kernels', 'debian-13, 6.1,6.6.30,,debian-12');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'debian-13\ndebian-12\nlinux-6.6.30\n' });
    expect((await matrix('--list', '--kernel-source', '/usr/src/linux-6.1')).stdout).toBe('linux-6.1\n');
    const both = await matrix('--list', '--kernels', 'debian-11', '--kernel-source', '/usr/src/linux-6.1');
    expect(both.stdout).toBe('debian-11\nlinux-6.1\n');
  });

  test("--format github is one line of JSON, a job's matrix as GitHub's fromJSON takes it", async () => {
    const { status, stdout, stderr } = await matrix('--list', '--format', 'github');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(stdout)).toStrictEqual({ include: names.map((kernel) => ({ kernel })) });
    // Each of them must mean itself when the job gives it back with --kernels.
    expect((await matrix('--list', '--kernels', names.join())).stdout.trim().split('\n')).toEqual(names);
  });

  test('--json is a document', async () => {
    const listed = async (...args: string[]) => JSON.parse((await matrix('--list', '--json', ...args)).stdout);
    const document = { schema: 'mft-patch/matrix-list@1', format: 'text', kernels: names };
    expect(await listed()).toStrictEqual(document);
    expect(await listed('--format', 'github', '--kernels', '6.1')).toStrictEqual({ ...document, format: 'github', kernels: ['debian-12'] });
  });
});

describe('matrix refuses before anything runs:', () => {
  test.concurrent.each<[string[], string, string]>([
    [
      ['--kernels', 'debian-12,debian-99', '--sample'],
      "'debian-99' is neither a target nor",
      'did you mean debian-11 or debian-12 or debian-13',
    ],
    [['--kernels', 'hsot', '--sample'], "'hsot' is neither a target nor", 'did you mean host or'],
    [['--kernels', '6.1,5', '--sample', '--quiet'], "'5' is not a kernel release", 'major.minor'],
    [['--kernels', '5.14.0-427.el9.x86_64', '--sample'], "no kernel target for '5.14.0-427.el9.x86_64'", 'ubuntu-22.04 (5.15)'],
    [['--kernels', ' , ', '--sample'], '--kernels names none', '6.1,debian-13, or all'],
    [['--kernels', '', '--sample'], '--kernels names none', '6.1,debian-13, or all'],
    [['--list', '--kernels', 'debian-99'], "'debian-99' is neither a target nor", 'did you mean'],
    [['--jobs', '0', '--sample'], "argument '0' is invalid. It must be a whole number above 0.", '--help'],
    [['--jobs', 'x', '--sample'], "argument 'x' is invalid", '--help'],
    [['--jobs', '-1', '--sample'], "argument '-1' is invalid", '--help'],
    [['--jobs', '1.5', '--sample'], "argument '1.5' is invalid", '--help'],
    [['--timeout', '0', '--sample'], "argument '0' is invalid", '--help'],
    [['--only-failed', '--sample'], 'dist/matrix.json cannot be read: ENOENT', 'run it without --only-failed first'],
    [['--only-failed', '--sample', '--out', 'there'], 'there/matrix.json cannot be read', 'name its folder with --out'],
    [['--format', 'github', '--sample'], '--format is for --list', '--help'],
    [['--kernel-config', 'x', '--kernels', '6.1', '--sample'], '--kernel-config is for a kernel from source', '--kernel-source'],
    [['--kernel-source', 'https://', '--sample'], "'https://' is no URL", 'check it'],
    [['--list', '--format', 'gitlab'], "argument 'gitlab' is invalid", '--help'],
    [['--report', 'out.txt', '--sample'], '--report out.txt: its name does not tell the format', '.json, .xml, .md, .html'],
    [['--report', 'a.json', '--report', 'out', '--sample'], '--report out: its name does not tell', '.json, .xml, .md, .html'],
    [['--report', 'a.json', '--report', 'a.JSON.gz', '--sample'], '--report a.JSON.gz', '.json, .xml, .md, .html'],
  ])('%j', async (args, words, hint) => {
    const { status, stdout, stderr } = await matrix(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [message, next] = stderr.slice(stderr.indexOf('mft-patch: ')).trimEnd().split('\n');
    expect(message).toContain(words);
    expect(next).toContain(hint);
    for (const path of ['dist', 'there', 'a.json']) expect(existsSync(join(cwd, path))).toBe(false);
  });

  test('no engine is exit 5, so that the codes above are no accident', async () => {
    expect(await matrix('--kernels', 'debian-12', '--sample')).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('no container engine'),
    });
  });

  test('--only-failed after a run of another release', async () => {
    mkdirSync(join(cwd, 'other'));
    writeFileSync(join(cwd, 'other/matrix.json'), JSON.stringify(baseline));
    // The release is known once the package is read, and the engine is looked for at the same time.
    const { status, stderr } = await matrix('--only-failed', '--sample', '--out', 'other');
    expect([2, 5]).toContain(status);
    expect(stderr).toMatch(/the last run was of MFT 4\.20\.1-14|no container engine/);
    expect(JSON.parse(readFileSync(join(cwd, 'other/matrix.json'), 'utf8'))).toEqual(baseline);
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
    const mended = matrixOf(cellOf({ target: 'debian-sid' }));
    const { status, stdout } = await merge({ ...parts, '4.json': mended }, '--json');
    const { cells } = JSON.parse(stdout) as MatrixDocument;
    expect(cells.map(({ target }) => target)).toEqual(baseline.cells.map(({ target }) => target));
    expect({ status, cell: cells[3] }).toEqual({ status: 5, cell: mended.cells[0] });
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

  const stranger = { ...matrixOf(cellOf()), mft: { version: '4.22.0', revision: '417' } };
  test.each<[string, Record<string, unknown>, string[], string, string]>([
    ['two releases', { '1.json': matrixOf(one), '2.json': stranger }, [], 'these are of MFT 4.20.1-14 and of 4.22.0-417', 'of one release'],
    ['a file that is none', { '1.json': matrixOf(one), 'x.json': [] }, [], 'x.json is no result of a matrix', '--report out.json'],
    ['a report of no format', { '1.json': matrixOf(one) }, ['--report', 'a.json', '--report', 'o.txt'], '--report o.txt', '.html'],
    [
      'a file that is not there',
      { '1.json': matrixOf(one) },
      ['--merge', 'no.json', '--report', 'a.json'],
      'no.json cannot be read',
      '--report',
    ],
    ['no file', {}, [], "option '--merge <file...>' argument missing", '--help'],
  ])('refuses %s, and writes nothing', async (_, documents, args, words, hint) => {
    const { status, stdout, stderr } = await merge(documents, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^mft-patch: [^\n]+\n {2}[^\n]+\n$/);
    expect(stderr).toContain(words);
    expect(stderr).toContain(hint);
    expect(existsSync(join(cwd, 'a.json'))).toBe(false);
  });
});
