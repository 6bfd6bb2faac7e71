/** `diagnose` of logs and verdicts, as a process; without an engine, whose headers the system test asks. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../cli.js';
import { makeDirectory, projectRoot, writeFiles } from '../support.js';

const cwd = makeDirectory();
/** No engine answers there. */
const env = { ...process.env, PATH: '/nowhere', DOCKER_HOST: '', DOCKER_CONTEXT: '', CONTAINER_HOST: '' };
const logOf = (name: string, target = 'debian-sid') => join(projectRoot, `test/diagnosis/logs/${target}/${name}.log`);
const gcc = "mst_pciconf.c:588:13: error: implicit declaration of function 'pci_unmap_single'; did you mean 'dma_unmap_single'?";
writeFileSync(join(cwd, 'make.log'), `DKMS make.log for kernel-mft-dkms-4.20.1 for kernel 6.1.0-50-amd64 (x86_64)\n${gcc}\n`);

describe('a log', () => {
  test('names the kernel, the release, the error and the known patch', async () => {
    const document = await cli('diagnose make.log', { cwd, env }).prints({
      schema: 'mft-patch/diagnose@1',
      input: { path: 'make.log', kind: 'log' },
      logs: [{ path: 'make.log', kernel: '6.1.0-50-amd64', mft: '4.20.1', isWhole: true }],
      headers: { kernels: [], note: expect.stringContaining('no container engine to search headers with') },
      errors: [
        {
          kind: 'removed-function',
          name: 'pci_unmap_single',
          kernels: ['6.1.0-50-amd64'],
          patches: [{ id: 'dma-unmap', chosen: true, reason: expect.stringContaining('matches >=5.18') }],
          replacements: [{ name: 'dma_unmap_single', evidence: 'compiler' }],
        },
      ],
    });
    expect(document.header).toBeUndefined();
  });

  test('of a break that no patch is against ends with the header of one', async () => {
    const { header } = await cli(['diagnose', logOf('renamed_function')], { cwd, env }).prints({});
    expect(header).toEqual({
      'Needed-If': '\\bdel_timer_sync\\s*\\(',
      Symptom: "error: implicit declaration of function 'del_timer_sync'",
    });
    const { stdout } = await cli(['diagnose', logOf('renamed_function')], { cwd, env }).succeeds(
      /^1 error in\n {2}\S+ \(kernel 7\.2\.\S+, MFT 1\.0\)|^1 error in\n/,
    );
    expect(stdout).toContain('no known patch has this symptom');
    expect(stdout).toContain("Symptom: error: implicit declaration of function 'del_timer_sync'\n");
  });

  test('without an error says so', async () => {
    writeFileSync(join(cwd, 'good.log'), 'make: Leaving directory\n');
    await cli('diagnose good.log', { cwd, env }).succeeds('No errors in good.log\n');
  });
});

describe('a verdict', () => {
  const verdict = {
    ...{ target: 'debian-12', kernel: '6.1', release: '6.1.0-50-amd64', status: 'fails', failedStep: 'builds', reason: gcc },
    ...{ steps: { builds: false, installs: false }, modules: [], patches: [], log: 'logs/x.log', seconds: 1 },
  };
  const cell = { target: 'debian-12', kernel: '6.1', release: verdict.release, patches: [] };
  const patched = { status: 'fails', reason: gcc, seconds: 1, log: 'logs/x.log', artifact: '' };
  writeFiles(cwd, {
    'verify.json': JSON.stringify({ schema: 'mft-patch/verify@1', package: 'kernel-mft-dkms_4.20.1-14_all.deb', kernels: [verdict] }),
    'matrix.json': JSON.stringify({
      schema: 'mft-patch/matrix@1',
      mft: { version: '4.20.1', revision: '14' },
      cells: [
        { ...cell, patched },
        { ...cell, target: 'debian-13', kernel: '6.12', release: '6.12.9', patched },
      ],
    }),
    'other/verify.json': JSON.stringify({ schema: 'mft-patch/verify@1', package: 'x.deb', kernels: [{ ...verdict, status: 'builds' }] }),
  });

  test.each(['verify.json', 'matrix.json'])('%s whose log is gone: its own words', async (path) => {
    await cli(`diagnose ${path}`, { cwd, env }).prints({
      input: { kind: 'verdict' },
      errors: [{ name: 'pci_unmap_single', patches: [{ id: 'dma-unmap', reason: expect.stringContaining('is missing in the package') }] }],
    });
  });

  test('the same error on two kernels is one', async () => {
    const { errors, logs } = await cli('diagnose matrix.json', { cwd, env }).prints({});
    expect(errors).toMatchObject([{ kernels: ['6.1.0-50-amd64', '6.12.9'] }]);
    expect(logs).toMatchObject([{ isWhole: false }, { isWhole: false }]);
  });

  test('its log, relative to it, if that is there', async () => {
    writeFiles(cwd, {
      'beside/verify.json': JSON.stringify({ schema: 'mft-patch/verify@1', package: 'x.deb', kernels: [verdict] }),
      'beside/logs/x.log': '==> make <==\nx.c:1:1: error: x\n',
    });
    await cli('diagnose beside/verify.json', { cwd, env }).prints({
      logs: [{ path: join(cwd, 'beside/logs/x.log'), isWhole: true }],
      errors: [{ kind: 'unknown' }],
    });
  });

  test('of a failure that is not one of the build: its reason, as it is', async () => {
    const document = {
      schema: 'mft-patch/verify@1',
      package: 'x.deb',
      kernels: [{ ...verdict, failedStep: 'removes', reason: 'x is left', log: 'y.log' }],
    };
    writeFiles(cwd, { 'left/verify.json': JSON.stringify(document), 'left/y.log': '==> make <==\nmake: Leaving directory\n' });
    const { header } = await cli('diagnose left/verify.json', { cwd, env }).prints({ errors: [{ kind: 'unknown', message: 'x is left' }] });
    expect(header).toEqual({ Symptom: 'x is left' });
  });

  test('that everything builds: nothing to diagnose', async () => {
    await cli('diagnose other/verify.json', { cwd, env }).succeeds('other/verify.json: nothing failed\n');
  });
});

describe('is refused:', () => {
  test.each<[string, number, string]>([
    ['diagnose none.log', 3, 'no-input'],
    ['diagnose verify.json --kernel 6.1', 2, 'usage'],
    ['diagnose make.log --kernel 6.1,5.18', 2, 'usage'],
    ['diagnose make.log --apt-mirror http://a', 2, 'usage'],
    ['diagnose make.log --linux none', 3, 'no-input'],
    ['diagnose odd.json', 2, 'usage'],
    ['diagnose broken.json', 2, 'usage'],
  ])('%s', async (line, status, code) => {
    writeFiles(cwd, { 'odd.json': '{"schema": "mft-patch/plan@1"}', 'broken.json': '{' });
    await cli(line, { cwd, env }).fails(status, { code });
  });
});
