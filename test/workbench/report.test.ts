import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { cli } from '../cli.js';
import { makeDirectory, testContext } from '../support.js';

const cwd = makeDirectory();
const patch = (await loadPatches(testContext())).find(({ id }) => id === 'dma-unmap') ?? expect.fail();

const verdict = (status: string, sha256: string) => ({
  ...{ status, seconds: 1, log: '', artifact: '' },
  ...(status === 'fails' ? { reason: 'error: `x`' } : {}),
  on: {
    ...{ package: sha256, patches: [{ id: 'dma-unmap', sha256 }], image: 'i', engine: 'docker', architecture: 'amd64' },
    ...{ program: { version: '1', sha256 }, options: { boot: false }, date: '2026-11-26T10:00:00.000Z' },
  },
});
const cell = (target: string, status: string, sha256 = patch.sha256) => ({
  ...{ target, kernel: target.slice(1), release: `${target.slice(1)}.0-amd64` },
  patches: target === 'k5.10' ? [] : ['dma-unmap'],
  patched: verdict(status, sha256),
});
const matrix = {
  schema: 'mft-patch/matrix@1',
  mft: { version: '4.15.1', revision: '0sample' },
  cells: [cell('k5.10', 'builds'), cell('k6.1', 'builds'), cell('k7.3', 'fails'), cell('k6.12', 'builds', '0'.repeat(64))],
};
writeFileSync(join(cwd, 'matrix.json'), JSON.stringify(matrix));

test('is the text of a pull request', async () => {
  const { stdout } = await cli('patches report dma-unmap', { cwd, isHere: true }).succeeds(/^# Unmap DMA buffers without the PCI wrappers/);
  expect(stdout).toContain(`\n## What breaks\n\n\`\`\`text\n${patch.symptom}\n\`\`\`\n\n- Since: Linux \`>=5.18\`, with MFT \`<4.21.0\`\n`);
  expect(stdout).toMatch(/\n- Patch: `dma-unmap\.patch`, which changes `mst_pciconf\.c`\n/);
  expect(stdout).toMatch(/\nNot tested: .*--verdicts matrix\.json`\.\n$/);
});

test('has what it was tested on, but for verdicts on another text of it', async () => {
  const warning = 'warning: dma-unmap has changed since it was tested on k6.12; left out\n';
  const { stdout } = await cli('patches report dma-unmap.patch --verdicts matrix.json', { cwd, isHere: true }).succeeds(/^# /, warning);
  const [, tested = ''] = stdout.split('## Tested\n\n');
  expect(tested.split('\n').slice(0, 7)).toEqual([
    'With MFT 4.15.1-0sample: builds on 5.10, 6.1; fails on 7.3.',
    '',
    '| KERNEL | TARGET | RELEASE | PATCHED | dma-unmap |',
    '| --- | --- | --- | --- | --- |',
    '| 5.10 | k5.10 | 5.10.0-amd64 | builds | - |',
    '| 6.1 | k6.1 | 6.1.0-amd64 | builds | applied |',
    '| 7.3 | k7.3 | 7.3.0-amd64 | fails | applied |',
  ]);
  expect(tested).toContain('\nk7.3:\n\n```text\nerror: `x`\n```\n');
  const document = await cli('patches report dma-unmap --verdicts matrix.json', { cwd, isHere: true }).prints(
    { id: 'dma-unmap', origin: 'ours' },
    warning,
  );
  expect(document.verdicts.cells).toHaveLength(3);
});

test('of an unknown patch, and of what are no verdicts, is refused', async () => {
  const { hint } = await cli('patches report dma-unmapp', { cwd, isHere: true }).fails(2, {
    code: 'usage',
    message: "unknown patch 'dma-unmapp'",
  });
  expect(hint).toContain('did you mean dma-unmap');
  writeFileSync(join(cwd, 'other.json'), '{"schema": "mft-patch/kernels@1"}');
  await cli('patches report dma-unmap --verdicts other.json', { cwd, isHere: true }).fails(2, {
    code: 'bad-catalogue',
    file: 'other.json',
  });
  await cli('patches report dma-unmap --verdicts gone.json', { cwd, isHere: true }).fails(3, { code: 'no-input' });
  await cli('patches report dma-unmap --patches gone', { cwd, isHere: true }).fails(3, { code: 'no-input', path: 'gone' });
});
