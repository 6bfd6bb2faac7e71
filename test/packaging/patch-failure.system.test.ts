import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { projectText } from '../../src/project-files.js';
import { makeDirectory, missing, runCli } from '../support.js';
import { changedPackage, source } from './packages.js';

/** The line that dma-unmap changes. */
const call = '            pci_unmap_single(dev->pci_dev, dev->dma_props[i].dma_map, DMA_MBOX_SIZE, DMA_BIDIRECTIONAL);';

describe.skipIf(missing('tools') !== '')('a patch that does not apply', () => {
  const out = join(makeDirectory(), 'out');
  let vendor: string;
  let lines: string[];
  beforeAll(async () => {
    // The buffer's size has another name, so the line is another.
    vendor = await changedPackage(`sed -i '/pci_unmap_single/ s/DMA_MBOX_SIZE/MBOX_SIZE/' ${source}/mst_pciconf.c`);
    lines = (await projectText('samples/flat/source/mst_pciconf.c')).split('\n');
  });

  test('is exit 4 with file, line, what was expected and what is there, and writes nothing', async () => {
    const { status, stdout, stderr } = await runCli(['build', '--deb', vendor, '--kernel', '5.18', '--no-verify', '--out', out]);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    const [message, place, ...rest] = stderr.trimEnd().split('\n');
    expect(message).toBe('mft-patch: patch dma-unmap does not apply; nothing was written');
    expect(place).toMatch(/^ {2}mst_pciconf\.c:588: /);
    expect(rest.slice(0, 3)).toEqual(['    expected:', `      | ${call}`, '    found:']);
    expect(rest.at(-1)).toMatch(/^ {2}\S.*MFT range/);
    // The sample is shorter than the vendor's file: at that line there is nothing.
    expect(lines.length).toBeLessThan(588);
    expect(rest[3]).toBe('      | (end of file)');
    expect(existsSync(out)).toBe(false);
  });

  test('shows the lines that stand there instead', async () => {
    const long = await changedPackage(
      `seq -f '/* %.0f */' 700 > long && mv long ${source}/mst_pciconf.c && echo 'pci_unmap_single (x)' >> ${source}/mst_pciconf.c`,
    );
    const { status, stdout, stderr } = await runCli(['build', '--deb', long, '--kernel', '5.18', '--no-verify', '--out', out, '--json']);
    const document = JSON.parse(stdout);
    expect({ status, ...document }).toStrictEqual({
      status: 4,
      schema: 'mft-patch/error@1',
      code: 'patch-does-not-apply',
      patch: 'dma-unmap',
      hunks: [
        {
          file: 'mst_pciconf.c',
          line: 588,
          cause: expect.stringMatching(/\S/),
          expected: [call],
          found: ['/* 588 */'],
        },
      ],
      message: expect.stringContaining('mst_pciconf.c:588'),
      hint: expect.stringMatching(/\S/),
    });
    expect(stderr).toContain('      | /* 588 */\n');
    expect(existsSync(out)).toBe(false);
  });
});
