/** A run of a matrix: what one cell's failure means for the others, running again, interrupting, reporting. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MatrixDocument } from '../../../src/documents/index.js';
import { altered, imageOf, wrapper } from '../../containers/own-docker.js';
import { cliPath, makeDirectory, missing, runCli, sample, sh } from '../../support.js';

const folder = makeDirectory();
const vendor = join(folder, 'vendor.deb');
const common = ['--engine', 'docker', '--cache-dir', join(folder, 'cache')];
const two = ['--kernels', 'debian-11,debian-12', '--jobs', '2'];
/** What another test here has tested is tested again. */
const fresh = '--fresh';

beforeAll(async () => writeFileSync(vendor, (await sample()).deb));

async function matrix(...args: string[]): Promise<{ status: number | null; stderr: string; document: MatrixDocument }> {
  const { status, stdout, stderr } = await runCli(['matrix', ...common, '--json', ...args]);
  return { status, stderr, document: JSON.parse(stdout) };
}

const containers = (pid: number | undefined) => sh(`docker ps --all --format {{.Names}} | grep ^mft-patch-${pid}- || true`).trim();

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('one cell cannot be tested, the other builds; --only-failed tests again what does not hold, and shows all', async () => {
    const out = join(folder, 'again');
    const image = await imageOf('debian-11');
    const env = wrapper(
      join(folder, 'bin'),
      'docker',
      `if [[ $1 = run && " $* " = *" ${image} "* ]]; then echo 'no room here' >&2; exit 125; fi`,
    );
    const other = altered(vendor, 'other', 'echo >> Makefile');
    const { status, stdout, stderr } = await runCli(['matrix', ...common, '--json', '--deb', other, ...two, '--out', out], { env });
    expect(status, stderr).toBe(5);
    const [broken, good] = (JSON.parse(stdout) as MatrixDocument).cells;
    const reason = expect.stringContaining('no room here');
    expect(broken).toMatchObject({ target: 'debian-11', kernel: '5.10', patched: { status: 'error', reason } });
    expect(good).toMatchObject({
      target: 'debian-12',
      kernel: '6.1',
      patches: expect.arrayContaining(['dma-unmap']),
      patched: { status: 'builds' },
    });

    const second = await matrix('--deb', vendor, '--only-failed', '--out', out);
    expect(second.status, second.stderr).toBe(0);
    expect(second.stderr).toContain('debian-11, patched: testing: could not be tested last time\n');
    expect(second.stderr).toMatch(/debian-12, patched: testing: package [0-9a-f]{12}, then [0-9a-f]{12}\n/);
    expect(second.document.cells).toMatchObject([{ target: 'debian-11', patched: { status: 'builds' } }, { target: 'debian-12' }]);
    expect(JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8'))).toEqual(second.document);

    const third = await matrix('--deb', vendor, '--only-failed', '--out', out);
    expect(third.stderr).not.toContain('testing');
    const reused = ({ patched, ...cell }: MatrixDocument['cells'][number]) => ({
      ...cell,
      patched: { ...patched, reused: patched.on?.date },
    });
    expect(third.document.cells).toEqual(second.document.cells.map(reused));
    // The hanging package is still there.
    sh('sha256sum --check --quiet SHA256SUMS && test $(wc -l < SHA256SUMS) = 2', { cwd: out });
    // What was kept stays in the package's record, too.
    const record = (path = '') => JSON.parse(readFileSync(path.replace(/\.deb$/, '.build.json'), 'utf8')).verification;
    const kept = record(second.document.cells[0]?.patched.artifact);
    expect(kept).toMatchObject({ status: 'passed', kernels: [{ target: 'debian-11' }, { target: 'debian-12' }] });

    // The vendor's column is added, and the rest kept.
    const wider = await matrix('--deb', vendor, '--only-failed', '--baseline', '--kernel', 'debian-12', '--out', out);
    expect(wider.stderr).toContain('debian-12, vendor: testing: not tested last time\n');
    expect(wider.stderr).not.toContain('patched: testing');
    expect(wider.document.cells).toMatchObject([{ target: 'debian-11' }, { target: 'debian-12', vendor: { status: 'fails' } }]);
  });

  test('--only-failed wants a result of the same release', async () => {
    const out = join(folder, 'never');
    expect(await runCli(['matrix', '--sample', '--only-failed', '--out', out])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('without --only-failed first'),
    });
    const cells: MatrixDocument['cells'] = [];
    sh(`mkdir ${out}`);
    writeFileSync(
      join(out, 'matrix.json'),
      JSON.stringify({ schema: 'mft-patch/matrix@1', mft: { version: '4.22.1', revision: '1' }, cells }),
    );
    const stranger = await runCli(['matrix', ...common, '--sample', ...two, '--only-failed', '--out', out]);
    expect(stranger).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the previous run was for MFT 4.22.1-1, this one is for MFT 4.15.1-0sample'),
    });
  });

  test('kernels that need the same patches share a package; all reports tell of one run', async () => {
    const out = join(folder, 'shared');
    const reports = ['out.json', 'out.xml', 'out.md', 'out.html'].map((name) => join(folder, 'reports', name));
    const kernels = ['--kernels', 'debian-12,debian-12-backports', '--baseline', fresh];
    const { status, document, stderr } = await matrix(
      '--sample',
      ...kernels,
      '--out',
      out,
      ...reports.flatMap((path) => ['--report', path]),
    );
    expect(status, JSON.stringify(document)).toBe(0);
    // What is told while it runs goes to the other stream.
    expect(stderr).toMatch(/debian-12, vendor: fails, [\d.]+ s/);
    const [deb, ...more] = readdirSync(out).filter((name) => name.endsWith('.deb'));
    expect(more).toEqual([]);
    expect(document.cells.map(({ patched }) => patched.artifact)).toEqual([join(out, deb ?? ''), join(out, deb ?? '')]);
    expect(readFileSync(join(out, 'SHA256SUMS'), 'utf8')).toBe(sh(`cd ${out} && sha256sum *.deb`));

    const [json = '', xml = '', md = '', html = ''] = reports.map((path) => readFileSync(path, 'utf8'));
    expect(JSON.parse(json)).toEqual(document);
    const count = `import sys, xml.etree.ElementTree as E
print(*(len(list(E.parse(sys.argv[1]).iter(tag))) for tag in ("testcase", "failure", "error")))`;
    // The vendor's failing package is what the table is for, and no failure of the run.
    expect(sh(`python3 -c '${count}' ${reports[1]}`).trim(), xml).toMatch(/^\d+ 0 0$/);
    expect(md).toMatch(/\|.*debian-12-backports.*\|.*fails.*\|.*builds.*\|.*dma-unmap/);
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain('implicit declaration of function');
  });

  test('Ctrl-C ends all cells and leaves no container and no half file', async () => {
    const out = join(folder, 'cut');
    const tmp = join(folder, 'tmp');
    sh(`mkdir ${tmp}`);
    const env = { ...process.env, TMPDIR: tmp };
    const args = [cliPath, 'matrix', '--sample', ...two, '--baseline', fresh, ...common, '--out', out];
    const child = spawn(process.execPath, args, { stdio: 'ignore', env });
    const ended = new Promise((resolve) => child.on('close', resolve));
    for (let tries = 0; containers(child.pid).split('\n').length < 2 && tries < 100; tries++) await setTimeout(50);
    expect(containers(child.pid).split('\n')).toHaveLength(2);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    // A busy engine goes on removing them after the end.
    for (let tries = 0; containers(child.pid) !== '' && tries < 1200; tries++) await setTimeout(50);
    expect(containers(child.pid)).toBe('');
    expect(readdirSync(tmp)).toEqual([]);
    const left = readdirSync(folder, { recursive: true }).map(String);
    expect(left.filter((name) => name.endsWith('.tmp') || name.endsWith('cut/matrix.json'))).toEqual([]);
  });
});
