/** The headers of the kernels whose images are there, and a package that breaks: end to end. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiagnoseDocument } from '../../src/documents/index.js';
import { cli } from '../cli.js';
import { makeDirectory, missing, projectRoot, sample, writeFiles } from '../support.js';

const folder = makeDirectory();
const logOf = (name: string) => join(projectRoot, `test/diagnosis/logs/debian-13-backports/${name}.log`);
/** Progress only: an image that gives no answer brings a warning. */
const progress = /^(searching the headers of \S+\n)*$/;

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('a renamed function: since when, and its new name', async () => {
    const { errors, header }: DiagnoseDocument = await cli(['diagnose', logOf('renamed_function'), '--cache-dir', folder]).prints(
      {},
      progress,
    );
    expect(errors).toMatchObject([{ kind: 'renamed-function', name: 'del_timer_sync', patches: [] }]);
    expect(errors[0]?.replacements[0]).toMatchObject({ name: 'timer_delete_sync' });
    const history = errors[0]?.history ?? [];
    expect(history.find(({ fits }) => fits)).toMatchObject({
      header: 'include/linux/timer.h',
      declaration: expect.stringContaining('del_timer_sync(struct timer_list *'),
    });
    expect(history.at(-1)).toMatchObject({ fits: false, declaration: '' });
    expect(header).toMatchObject({
      Kernel: expect.stringMatching(/^>=[67]\./),
      Symptom: "error: implicit declaration of function 'del_timer_sync'",
    });
  });

  test('a package of the vendor: it is verified, and the known patch is named', async () => {
    const { deb, name } = await sample('flat');
    writeFiles(folder, { [name]: deb });
    const run = cli(['diagnose', join(folder, name), '--kernel', 'debian-12', '--cache-dir', folder]);
    const { errors } = await run.prints({ input: { kind: 'package' } }, /debian-12/);
    expect(errors).toMatchObject([
      { name: 'pci_unmap_single', patches: [{ id: 'dma-unmap', reason: expect.stringContaining('is missing in the package') }] },
    ]);
  });
});
