/** Patches that do not apply, or need not be applied: which kernels of a matrix that concerns. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MatrixDocument } from '../../../src/documents/index.js';
import { altered } from '../../containers/own-docker.js';
import { changedProgram } from '../../packaging/packages.js';
import { makeDirectory, missing, runCli, sample, sh } from '../../support.js';

const folder = makeDirectory();
const vendor = join(folder, 'vendor.deb');
const args = [
  'matrix',
  '--engine',
  'docker',
  '--cache-dir',
  join(folder, 'cache'),
  '--kernels',
  'debian-11,debian-12',
  '--jobs',
  '2',
  '--json',
];

beforeAll(async () => writeFileSync(vendor, (await sample()).deb));

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('a patch that does not apply fails the kernels that need it, and no others', async () => {
    const out = join(folder, 'unfit');
    const unfit = altered(vendor, 'unfit', "sed -i '/pci_unmap_single/ s/DMA_MBOX_SIZE, /DMA_MBOX_SIZE,  /' mst_pciconf.c");
    const program = changedProgram("sed -i 's/^Good-On-Older: yes/Good-On-Older: no/' patches/dma-unmap.patch");
    const ended = await runCli([...args, '--deb', unfit, '--baked', '--out', out], { program });
    const document: MatrixDocument = JSON.parse(ended.stdout);
    expect(ended.status, ended.stderr).toBe(1);
    const [old, newer] = document.cells;
    expect(old).toMatchObject({ target: 'debian-11', patched: { status: 'builds' } });
    expect(newer).toMatchObject({ target: 'debian-12', patched: { status: 'fails', artifact: '' } });
    expect(newer?.patched.reason).toContain('patch dma-unmap does not apply');
    expect(readdirSync(out).filter((name) => name.endsWith('.deb'))).toEqual([old?.patched.artifact.replace(/^.*\//, '')]);
  });

  test('a kernel whose patch is not needed shares the package of one that needs none', async () => {
    const out = join(folder, 'mended');
    const mended = altered(
      vendor,
      'mended',
      // The same by other words than the patch's.
      "sed -i 's/pci_unmap_single(dev->pci_dev/dma_unmap_single(\\&(dev->pci_dev->dev)/' mst_pciconf.c",
    );
    const { status, stdout, stderr } = await runCli([...args, '--deb', mended, '--baked', '--out', out]);
    const document: MatrixDocument = JSON.parse(stdout);
    expect(status, stderr).toBe(0);
    for (const { patches } of document.cells) expect(patches).not.toContain('dma-unmap');
    expect(readFileSync(join(out, 'SHA256SUMS'), 'utf8')).toBe(sh(`cd ${out} && sha256sum *.deb`));
  });
});
