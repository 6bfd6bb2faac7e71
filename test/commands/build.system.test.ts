import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import type { BuildDocument } from '../../src/documents/index.js';
import { projectText } from '../../src/project-files.js';
import { makeDirectory, runCli, sample, sh, testContext } from '../support.js';

const { bundle, deb, name } = await sample();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const folder = makeDirectory();
const bundlePath = join(folder, 'vendor.tgz');
const debPath = join(folder, name);
writeFileSync(bundlePath, bundle);
writeFileSync(debPath, deb);

const patched = /^kernel-mft-dkms_4\.15\.1-0sample\+mftpatch\.baked\d{10}\.g[0-9a-f]{7}_all\.deb$/;
const build = async (out: string, kernel: string, ...args: string[]) => {
  const result = await runCli(['build', '--kernel', kernel, '--no-verify', '--out', out, ...args], { cwd: folder });
  return { ...result, names: existsSync(join(folder, out)) ? readdirSync(join(folder, out)).sort() : [] };
};
const json = async (out: string, kernel: string, ...args: string[]) => {
  const { status, stdout, stderr } = await build(out, kernel, '--json', '--quiet', ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
};

/** The line, counted from 1, of the call in close_dma() that dma-unmap replaces. */
async function callLine(): Promise<number> {
  const lines = (await projectText('samples/flat/source/mst_pciconf.c')).split('\n');
  return lines.findIndex((line) => line.includes('pci_unmap_single(')) + 1;
}

const dmaUnmap = ({ patches }: BuildDocument) => patches.find(({ id }) => id === 'dma-unmap');

describe('build', () => {
  test('writes package, record and sum, and prints the record', async () => {
    const { status, stdout, stderr, names } = await build('all', '5.18', '--bundle', 'vendor.tgz', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'reading vendor.tgz\n' });
    const result = names.find((file) => file.endsWith('.deb')) ?? '';
    expect(result).toMatch(patched);
    const record = result.replace(/\.deb$/, '.build.json');
    expect(names).toEqual(['SHA256SUMS', record, result]);
    expect(sh('sha256sum -c --strict SHA256SUMS', { cwd: join(folder, 'all') })).toBe(`${result}: OK\n`);
    const bytes = readFileSync(join(folder, 'all', result));
    const patches = await loadPatches(testContext());
    const line = await callLine();
    const applied: Record<string, object> = {
      'postinst-arch': {
        reason: 'every kernel needs it; MFT 4.15.1 matches *',
        hunks: [expect.objectContaining({ file: 'common.postinst' })],
      },
      'dma-unmap': {
        reason: '5.18 matches >=5.18; MFT 4.15.1 matches <4.21.0',
        hunks: [{ file: 'mst_pciconf.c', line, offset: line - 588 }],
      },
      'unlocked-ioctl': {
        reason: '5.18 matches >=5.9; MFT 4.15.1 matches <4.16.0',
        hunks: Array(2).fill(expect.objectContaining({ file: 'driver_common.c' })),
      },
    };
    const printed = JSON.parse(stdout);
    expect(printed).toStrictEqual({
      schema: 'mft-patch/build@1',
      program: { version: expect.any(String), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      libraries: expect.arrayContaining([expect.objectContaining({ name: 'fflate', version: '0.8.3' })]),
      serial: expect.stringMatching(/^\d{10}$/),
      mft: { version: '4.15.1', revision: '0sample' },
      kernel: { requested: '5.18', version: '5.18.0' },
      input: {
        path: 'vendor.tgz',
        member: `mft-4.15.1-0sample-x86_64-deb/SDEBS/${name}`,
        sha256: sha256(deb),
        bundleSha256: sha256(bundle),
      },
      patches: patches.map(({ id, bytes, mft }) => ({
        id,
        sha256: sha256(bytes),
        status: applied[id] ? 'applied' : 'not-needed',
        reason: id === 'werror-flat' ? expect.stringMatching(/^not applied: only /) : `MFT 4.15.1 does not match ${mft.raw}`,
        hunks: [],
        ...applied[id],
      })),
      artifacts: [{ path: `all/${result}`, sha256: sha256(bytes), bytes: bytes.length }],
      verification: { status: 'skipped', reason: '--no-verify', kernels: [] },
    });
    // The record's paths are relative to where it is.
    const artifacts = [{ ...printed.artifacts[0], path: result }];
    expect(JSON.parse(readFileSync(join(folder, 'all', record), 'utf8'))).toEqual({
      ...printed,
      input: { ...printed.input, path: '../vendor.tgz' },
      artifacts,
    });
    for (const file of names) expect(statSync(join(folder, 'all', file)).isFile()).toBe(true);
  });

  test('says to a person what was done and what comes next', async () => {
    const { status, stdout, stderr } = await build('./text', '6.1.0-50-amd64', '--bundle', bundlePath);
    expect({ status, stderr }).toEqual({ status: 0, stderr: `reading ${bundlePath}\n` });
    const line = await callLine();
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('MFT 4.15.1-0sample for kernel 6.1.0-50-amd64');
    expect(lines).toContainEqual(expect.stringMatching(`^dma-unmap +applied +mst_pciconf.c:${line} \\(offset ${line - 588}\\)$`));
    expect(lines).toContainEqual(expect.stringMatching(/^ccflags +not-needed +MFT 4.15.1 does not match /));
    expect(lines).toContain('Not verified: --no-verify');
    const wrote = lines.find((text) => text.startsWith('Wrote ')) ?? '';
    const path = wrote.replace('Wrote ', '');
    expect(existsSync(join(folder, path))).toBe(true);
    // Without ./ apt takes a path for the name of a package.
    expect(lines).toContain(`  sudo apt install ./${path}`);
    expect(lines).toContain('  sudo mst start');
    expect(stdout).not.toMatch(/reading|undefined|\[object/);
  });

  test('with --quiet tells no progress', async () => {
    expect(await build('quiet', '5.18', '--bundle', bundlePath, '--quiet')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.any(String),
    });
  });

  test('for a kernel below the range of a patch applies it, too; the packages of a directory keep their sums', async () => {
    const first = await json('both', '5.10', '--bundle', bundlePath);
    const reason = '5.10 is below >=5.18; the fix is good on older kernels, too; MFT 4.15.1 matches <4.21.0';
    expect(dmaUnmap(first)).toMatchObject({ status: 'applied', reason });
    // The same patches are the same package.
    expect((await json('both', '5.18', '--bundle', bundlePath)).artifacts).toEqual(first.artifacts);
    const second = await json('both', 'all', '--bundle', bundlePath);
    expect(await json('both', 'all', '--bundle', bundlePath)).toEqual(second);
    const checked = sh('sha256sum -c --strict SHA256SUMS', { cwd: join(folder, 'both') });
    const names = [first, second].map(({ artifacts }) => artifacts[0].path.replace('both/', ''));
    expect(checked.trim().split('\n').sort()).toEqual(names.map((file) => `${file}: OK`).sort());
    expect(readdirSync(join(folder, 'both'))).toHaveLength(5);
  });

  test('drops the sums of files that are gone, and keeps those of other files', async () => {
    await json('kept', '5.10', '--sample');
    sh('rm *.deb; echo x > other.txt; sha256sum other.txt >> SHA256SUMS', { cwd: join(folder, 'kept') });
    await json('kept', '5.18', '--sample');
    expect(sh('sha256sum -c --strict SHA256SUMS', { cwd: join(folder, 'kept') }).split('\n')).toEqual([
      expect.stringMatching(/^kernel-mft-dkms_.*: OK$/),
      'other.txt: OK',
      '',
    ]);
  });

  test('takes bundle, package and sample to the same bytes', async () => {
    const sources = [['--bundle', bundlePath], ['--deb', debPath], ['--sample']];
    const results = [];
    for (const args of sources) results.push(await json(`from${args[0]}`, '5.18', ...args));
    expect(new Set(results.map(({ artifacts }) => artifacts[0].sha256)).size).toBe(1);
    const [, fromDeb, fromSample] = results;
    expect(fromDeb.input).toStrictEqual({ path: debPath, member: '', sha256: sha256(deb) });
    expect(fromSample.input).toMatchObject({ path: 'sample:mft-4.15.1-0sample-x86_64-deb.tgz', sha256: sha256(deb) });
  });
});
