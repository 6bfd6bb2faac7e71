import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { projectText } from '../../src/project-files.js';
import { makeDirectory, missing, runCli } from '../support.js';
import { changedPackage, source } from './packages.js';

describe.skipIf(missing('tools') !== '')('a patch that does not apply', () => {
  const out = join(makeDirectory(), 'out');
  let vendor: string;
  let lines: string[];
  beforeAll(async () => {
    // The loop in close_dma() runs the other way, so the line that the hunk starts with is another.
    vendor = await changedPackage(
      `sed -i '/^static void close_dma/,/^}/ s/for (i = 0; i < MST_DMA_END; i++)/for (i = 1; i < MST_DMA_END; i++)/' ${source}/mst_pciconf.c`,
    );
    lines = (await projectText('samples/flat/source/mst_pciconf.c')).split('\n');
  });

  test('is exit 4 with file, line, what was expected and what is there, and writes nothing', async () => {
    const { status, stdout, stderr } = await runCli(['build', '--deb', vendor, '--kernel', '5.18', '--no-verify', '--out', out]);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    const [message, place, ...rest] = stderr.trimEnd().split('\n');
    expect(message).toBe('mft-patch: patch dma-unmap does not apply; nothing was written');
    expect(place).toMatch(/^ {2}mst_pciconf\.c:596: /);
    expect(rest.slice(0, 4)).toEqual([
      '    expected:',
      '      |     for (i = 0; i < MST_DMA_END; i++) {',
      '      |         if (dev->dma_props[i].mem_pa) {',
      '    found:',
    ]);
    expect(rest.at(-1)).toMatch(/^ {2}\S.*MFT range/);
    // The sample is shorter than the vendor's file: at that line there is nothing.
    expect(lines.length).toBeLessThan(596);
    expect(rest[4]).toBe('      | (end of file)');
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
          line: 596,
          cause: expect.stringMatching(/\S/),
          expected: ['    for (i = 0; i < MST_DMA_END; i++) {', '        if (dev->dma_props[i].mem_pa) {'],
          found: ['/* 596 */', '/* 597 */'],
        },
      ],
      message: expect.stringContaining('mst_pciconf.c:596'),
      hint: expect.stringMatching(/\S/),
    });
    expect(stderr).toContain('      | /* 596 */\n      | /* 597 */\n');
    expect(existsSync(out)).toBe(false);
  });

  test('is not tried for a kernel that does not need it', async () => {
    const { status, stderr } = await runCli(['build', '--deb', vendor, '--kernel', '5.10', '--no-verify', '--out', `${out}-old`, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
