/** edit and save as a user types them, without git: the system test has the same with it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/patches/apply.js';
import { parsePatch } from '../../src/patches/patch.js';
import { cli } from '../cli.js';
import { makeDirectory, sampleSource } from '../support.js';

const header =
  '--origin other --license BSD --kernel-range >=6.4 --mft-range * --good-on-older yes --symptom error --description fix'.split(' ');

let cwd: string;
let env: NodeJS.ProcessEnv;
const work = (path: string) => join(cwd, 'work', path);
const change = (path: string, from: string, to: string) => {
  const text = readFileSync(work(path), 'latin1');
  expect(text).toContain(from);
  writeFileSync(work(path), text.replace(from, to), 'latin1');
};
const run = (...words: string[]) => cli(words, { cwd, env, isHere: true });
const edit = (...words: string[]) => run('edit', '--sample', '--kernel', '6.1', '--dir', 'work', ...words);
const save = (id: string, ...words: string[]) => run('save', 'work', '--id', id, ...words);
const patch = (id: string) => readFileSync(join(cwd, 'patches', `${id}.patch`), 'latin1');
const hunksOf = (id: string) => patch(id).slice(patch(id).indexOf('--- a/'));

beforeEach(() => {
  cwd = makeDirectory();
  // No program is on the path.
  env = { ...process.env, PATH: join(cwd, 'none'), HOME: cwd };
});

describe('edit', () => {
  test('lays the source out with the patches that the kernel gets, and says what to do next', async () => {
    const { stdout } = await edit().succeeds(/^MFT 4\.15\.1-0sample for kernel 6\.1, in work\n/);
    expect(stdout).toMatch(/\ndma-unmap +applied +mst_pciconf\.c:\d+\n/);
    expect(stdout).toMatch(/\n {2}mft-patch save work --id NAME\n$/);
    expect(readFileSync(work('mst_pciconf.c'), 'latin1')).toContain('dma_unmap_single(&dev->pci_dev->dev');
    expect(readFileSync(work('.mft-patch-start/mst_pciconf.c'), 'latin1')).toContain('dma_unmap_single(&dev->pci_dev->dev');
    const source = await sampleSource();
    const names = (directory: string) =>
      readdirSync(directory)
        .filter((name) => !name.startsWith('.'))
        .sort();
    expect(names(join(cwd, 'work'))).toEqual(names(source));
    expect(readdirSync(cwd)).toEqual(['work']);
  });

  test('names the directory by release and kernel, and takes an empty one', async () => {
    mkdirSync(join(cwd, 'mft-4.22.0-0sample-linux-debian-13'));
    await run('edit', '--sample', 'nnt', '--kernel', 'debian-13').prints({
      directory: 'mft-4.22.0-0sample-linux-debian-13',
      kept: 'copy',
      kernel: { requested: 'debian-13' },
    });
  });

  test('refuses a directory with files, with the way out', async () => {
    await edit().succeeds({ contains: 'work' });
    const used = await edit().fails(2, { code: 'usage', message: 'work is not empty: a source is laid out there' });
    expect(used.hint).toBe('go on there and run mft-patch save work --id NAME, or pass another directory with --dir');
    mkdirSync(join(cwd, 'mine'));
    writeFileSync(join(cwd, 'mine/x'), '');
    const other = await run('edit', '--sample', '--kernel', '6.1', '--dir', 'mine').fails(2, {
      code: 'usage',
      message: 'mine is not empty',
    });
    expect(other.hint).toContain('--dir');
    expect(readdirSync(join(cwd, 'mine'))).toEqual(['x']);
    await run('edit', '--sample', '--kernel', '6.1', '--dir', '.').fails(2, { code: 'usage' });
  });

  test('without a kernel, or of several, is refused', async () => {
    await run('edit', '--sample').fails(2, { code: 'usage', message: 'missing --kernel' });
    await run('edit', '--sample', '--kernel', 'all').fails(2, { code: 'usage' });
    expect(existsSync(work(''))).toBe(false);
  });
});

describe('save', () => {
  beforeEach(async () => {
    await edit().prints({});
  });

  test('makes a patch with the least context and a header, and the series', async () => {
    change('driver_common.c', 'unlocked_ioctl: unlocked_ioctl,', '.unlocked_ioctl = unlocked_ioctl,');
    const saved = await save('ioctl', ...header).prints({ series: 'patches/series' });
    expect(saved.patches).toMatchObject([
      { id: 'ioctl', path: 'patches/ioctl.patch', status: 'new', hunks: [{ file: 'driver_common.c', line: 40 }] },
    ]);
    expect(patch('ioctl').split('\n')).toEqual([
      'Description: fix',
      'Origin: other',
      'License: BSD',
      expect.stringMatching(/^Last-Update: \d{4}-\d\d-\d\d$/),
      'Kernel: >=6.4',
      'MFT: *',
      'Good-On-Older: yes',
      'Symptom: error',
      '',
      '--- a/driver_common.c',
      '+++ b/driver_common.c',
      '@@ -40 +40 @@',
      '-\tunlocked_ioctl: unlocked_ioctl,',
      '+\t.unlocked_ioctl = unlocked_ioctl,',
      '',
    ]);
    expect(readFileSync(join(cwd, 'patches/series'), 'utf8')).toMatch(/\nioctl\.patch\n$/);
    const start = new Map([['driver_common.c', readFileSync(work('.mft-patch-start/driver_common.c'), 'latin1')]]);
    const made = parsePatch('ioctl.patch', readFileSync(join(cwd, 'patches/ioctl.patch')));
    expect(applyPatch(made, start)).toMatchObject({
      contents: new Map([['driver_common.c', readFileSync(work('driver_common.c'), 'latin1')]]),
    });
  });

  test('names all missing fields at once, with a template to paste', async () => {
    change('driver_common.c', 'unlocked_ioctl: ', '.unlocked_ioctl = ');
    const { message } = await save('ioctl', '--description', "it's", '--kernel-range', '>=6.4').fails(2, { code: 'usage' });
    const [first, second, ...flags] = message.split('\n');
    expect(first).toBe('ioctl: missing header fields: Origin, License, MFT, Good-On-Older, Symptom');
    expect(second).toBe('  mft-patch save work --id ioctl \\');
    expect(flags[0]).toBe("    --description 'it'\\''s' \\");
    expect(flags).toContain("    --kernel-range '>=6.4' \\");
    expect(flags.at(-1)).toMatch(/^ {4}--symptom '<.*>'$/);
    // What is pasted without being filled in is still missing.
    await save('ioctl', ...header.slice(2), '--origin', '<where the fix comes from>').fails(2, {
      code: 'usage',
      message: expect.stringContaining('missing header fields: Origin\n'),
    });
    expect(existsSync(join(cwd, 'patches'))).toBe(false);
  });

  test('takes fields from a diagnosis, flags first', async () => {
    change('driver_common.c', 'unlocked_ioctl: ', '.unlocked_ioctl = ');
    const diagnosis = { schema: 'mft-patch/diagnose@1', header: { kernel: '>=6.15', Symptom: 'error: x', 'Good-On-Older': 'yes' } };
    writeFileSync(join(cwd, 'd.json'), JSON.stringify(diagnosis));
    const words = '--diagnosis d.json --origin o --license l --mft-range * --description d --good-on-older no'.split(' ');
    await save('ioctl', ...words).prints({});
    expect(patch('ioctl')).toContain('\nKernel: >=6.15\nMFT: *\nGood-On-Older: no\nSymptom: error: x\n');
  });

  test('a diagnosis without a header, or that is none, is refused', async () => {
    change('driver_common.c', 'unlocked_ioctl: ', '.unlocked_ioctl = ');
    writeFileSync(join(cwd, 'd.json'), '{"schema": "mft-patch/diagnose@1"}');
    const message = 'd.json: the diagnosis has no header of a patch';
    await save('ioctl', '--diagnosis', 'd.json', ...header).fails(2, { code: 'usage', message });
    writeFileSync(join(cwd, 'd.json'), '{"header": {"Kernel": 6}}');
    await save('ioctl', '--diagnosis', 'd.json', ...header).fails(2, { code: 'bad-catalogue', file: 'd.json', line: 1 });
  });

  test.each([
    ['--kernel-range', 'new', "ioctl: field Kernel 'new' is not a version range"],
    ['--good-on-older', 'maybe', "ioctl: field Good-On-Older must start with yes or no, not 'maybe'"],
    ['--needed-if', 'nowhere', 'ioctl: Needed-If nowhere matches nothing in the files that it changes'],
  ])('refuses %s %s, and writes nothing', async (flag, value, message) => {
    change('driver_common.c', 'unlocked_ioctl: ', '.unlocked_ioctl = ');
    await save('ioctl', ...header, flag, value).fails(2, { code: 'usage', message });
    expect(existsSync(join(cwd, 'patches'))).toBe(false);
  });

  test('refreshes a patch, and leaves its header but for what flags say', async () => {
    change('driver_common.c', 'unlocked_ioctl: ', '.unlocked_ioctl = ');
    await save('ioctl', ...header).prints({});
    writeFileSync(join(cwd, 'patches/ioctl.patch'), patch('ioctl').replace('Symptom:', 'Bug: 7\nSymptom:'));
    change('Makefile', 'mst_pci.o', 'mst_pci.o # here');
    const saved = await save('ioctl', '--symptom', 'error: y').prints({});
    expect(saved.patches).toMatchObject([{ id: 'ioctl', status: 'refreshed', hunks: [{ file: 'Makefile' }, { file: 'driver_common.c' }] }]);
    expect(patch('ioctl')).toMatch(/\nBug: 7\nSymptom: error: y\n\n--- a\/Makefile\n/);
    await save('ioctl').succeeds({ contains: 'Nothing has changed since the last save.' });
  });

  test('gives each change to the patch whose lines it changes, and the rest to --id', async () => {
    change('driver_common.c', 'unlocked_ioctl: unlocked_ioctl', '.unlocked_ioctl = unlocked_ioctl');
    await save('one', ...header).prints({});
    change('Makefile', 'mst_pci.o', 'mst_pci.o # here');
    await save('two', ...header).prints({});
    const two = patch('two');
    change('driver_common.c', '.unlocked_ioctl = unlocked_ioctl', '.unlocked_ioctl = (void *)unlocked_ioctl');
    change('mst_pciconf.c', 'dma_unmap_single(&dev->pci_dev->dev', 'dma_unmap_single(dev->dma_dev');
    const saved = await save('three', ...header).prints({});
    expect(saved.patches).toMatchObject([
      { id: 'one', status: 'refreshed' },
      { id: 'two', status: 'unchanged' },
      { id: 'three', status: 'new' },
    ]);
    expect(hunksOf('one')).toContain('+\t.unlocked_ioctl = (void *)unlocked_ioctl,\n');
    expect(patch('two')).toBe(two);
    // A line of a patch of ours: the new one is made on top of it.
    expect(hunksOf('three')).toMatch(/\n- +dma_unmap_single\(&dev->pci_dev->dev.*\n\+ +dma_unmap_single\(dev->dma_dev/);
    await edit('--dir', 'again', '--patches', 'patches').prints({
      patches: expect.arrayContaining([expect.objectContaining({ id: 'three', origin: 'own', status: 'applied' })]),
    });
    for (const name of ['driver_common.c', 'Makefile', 'mst_pciconf.c'])
      expect(readFileSync(join(cwd, 'again', name), 'latin1')).toBe(readFileSync(work(name), 'latin1'));
  });

  test('of no change says so', async () => {
    await save('ioctl', ...header).fails(2, { code: 'usage', message: 'work: nothing has changed' });
  });

  test('refuses what a patch cannot do, and the names of other patches', async () => {
    writeFileSync(work('new.h'), '');
    writeFileSync(work('mst_pci.o'), 'built');
    rmSync(work('Makefile'));
    const message = 'work: a patch can only change files: new.h is new, Makefile is missing';
    await save('x', ...header).fails(2, { code: 'usage', message });
    await save('dma-unmap', ...header).fails(2, { code: 'usage', message: expect.stringContaining('is a patch of mft-patch') });
    await save('../x', ...header).fails(2, { code: 'usage', message: expect.stringContaining('--id ../x') });
  });

  test('a patch that is undone, or was changed by other means, is named', async () => {
    change('driver_common.c', 'unlocked_ioctl: unlocked_ioctl', '.unlocked_ioctl = unlocked_ioctl');
    await save('one', ...header).prints({});
    change('driver_common.c', '.unlocked_ioctl = unlocked_ioctl', 'unlocked_ioctl: unlocked_ioctl');
    await save('one').fails(2, { code: 'usage', message: 'one would change nothing any more' });
    writeFileSync(join(cwd, 'patches/one.patch'), patch('one').replace('+\t', '+ '));
    const changed = {
      code: 'no-input',
      path: expect.stringMatching(/patches\/one\.patch$/),
      detail: 'has changed since the source was laid out',
    };
    await save('one').fails(3, changed);
  });

  test('of a directory that edit has not made is refused', async () => {
    mkdirSync(join(cwd, 'other'));
    const { hint } = await run('save', 'other', '--id', 'x').fails(3, { code: 'no-input', path: 'other' });
    expect(hint).toBe('lay a source out first: mft-patch edit FILE --kernel K --dir other');
    await run('save', 'gone', '--id', 'x').fails(3, { code: 'no-input', path: 'gone' });
  });
});
