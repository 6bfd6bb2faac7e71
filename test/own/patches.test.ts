/** A user's own patches beside the project's. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPatches, loadSeries } from '../../src/catalogue.js';
import { controlFields, readDeb } from '../../src/deb/deb.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, testContext } from '../support.js';
import { writeSeries } from './series.js';

const root = makeDirectory();
let count = 0;
function directory(patches: Record<string, Record<string, string>>, head?: string): string {
  const folder = join(root, `own${++count}`);
  writeSeries(folder, patches, head);
  return folder;
}
const load = (...patches: string[]) => loadSeries(testContext({ own: { patches } }));
const project = await loadPatches(testContext());
const idsOf = (patches: readonly { id: string }[]) => patches.map(({ id }) => id);
const packaged = { Applies: 'package', Kernel: '*' };

describe('own patches', () => {
  test("come after the project's, directory by directory; those that change the package before all that dkms applies", async () => {
    const [one, two] = [directory({ early: packaged, late: {} }), directory({ other: {} })];
    const { patches } = await load(one, two);
    const ids = idsOf(project);
    expect(idsOf(patches)).toEqual(['postinst-arch', 'early', ...ids.slice(1), 'late', 'other']);
    expect(patches.find(({ id }) => id === 'late')?.from).toBe(one);
    expect(patches.find(({ id }) => id === 'ccflags')).not.toHaveProperty('from');
  });

  test('are inputs', async () => {
    const context = testContext({ own: { patches: [directory({ a: {} })] } });
    await loadPatches(context);
    expect([...context.inputs].map((path) => path.replace(/.*\//, ''))).toEqual(['series', 'a.patch']);
  });

  test("replace one of the project's only if they say so, and then stand in its place", async () => {
    const taken = directory({ 'dma-unmap': {} });
    expect(await failureOf(() => load(taken))).toMatchObject({
      code: 'bad-catalogue',
      file: `${taken}/dma-unmap.patch`,
      hint: expect.stringContaining('Replaces: yes'),
    });
    const replacing = directory({ first: {}, 'dma-unmap': { Replaces: 'yes' } });
    const { patches } = await load(replacing);
    expect(idsOf(patches)).toEqual([...idsOf(project), 'first']);
    expect(patches[1]).toMatchObject({ id: 'dma-unmap', from: replacing });
    const [a, b] = [directory({ x: {} }), directory({ x: {} })];
    expect(await failureOf(() => load(a, b))).toMatchObject({
      code: 'bad-catalogue',
      file: `${b}/x.patch`,
      detail: expect.stringContaining(a),
    });
  });

  test.each([
    ['replaces nothing', { x: { Replaces: 'yes' } }, '', 'x.patch'],
    ['says otherwise', { x: { Replaces: 'maybe' } }, '', 'x.patch'],
    ['is in the series twice', { x: {} }, 'x.patch\n', 'series'],
    ['changes the package too late', { x: {}, y: packaged }, '', 'series'],
  ])('one that %s is refused', async (_, patches, head, file) => {
    const folder = directory(patches, head);
    expect(await failureOf(() => load(folder))).toMatchObject({ code: 'bad-catalogue', file: `${folder}/${file}` });
  });

  test('that are not there are named', async () => {
    expect(await failureOf(() => load(join(root, 'none')))).toMatchObject({ code: 'no-input', path: join(root, 'none') });
    const folder = directory({ x: {} }, 'gone.patch\n');
    expect(await failureOf(() => load(folder))).toMatchObject({ code: 'no-input', path: `${folder}/gone.patch` });
    rmSync(join(folder, 'series'));
    expect(await failureOf(() => load(folder))).toMatchObject({ code: 'no-input', path: `${folder}/series` });
  });
});

describe('the serial number', () => {
  test("is the project's, and then that of each series", async () => {
    const { serial: ours } = await load();
    const folder = directory({ x: { 'Last-Update': '2026-03-04' } });
    const first = await load(folder);
    expect(first.serial).toBe(`${ours}.own2026030400.local`);
    const line = first.stale[0]?.line ?? '';
    expect(first.stale).toEqual([{ file: `${folder}/series`, line: expect.stringMatching(/^# Serial: 2026030401 [0-9a-f]{12}$/) }]);
    writeSeries(folder, { x: { 'Last-Update': '2026-03-04' } }, `${line}\n`);
    expect(await load(folder)).toMatchObject({ serial: `${ours}.own2026030401`, stale: [] });
    writeSeries(folder, { x: { 'Last-Update': '2026-03-04', Symptom: 'another' } }, `${line}\n`);
    expect(await load(folder)).toMatchObject({
      serial: `${ours}.own2026030401.local`,
      stale: [{ line: expect.stringMatching(/2026030402/) }],
    });
    expect((await load(folder, directory({}))).serial).toBe(`${ours}.own2026030401.own1970010100.local`);
  });
});

describe('a package with them', () => {
  const warned = { contains: 'write' };

  test('says so in plan, record and changelog, and is rebuilt from its record with the directory only', async () => {
    const cwd = join(root, 'work');
    mkdirSync(cwd);
    writeSeries(join(cwd, 'mine'), { hello: {} });
    const planned = await cli('plan --sample --patches mine', { cwd }).prints({ schema: 'mft-patch/plan@1' }, warned);
    expect(planned.patches.at(-1)).toMatchObject({ id: 'hello', origin: 'mine', status: 'selected', result: 'applied' });
    expect(planned.patches[0]).not.toHaveProperty('origin');
    const { stdout } = await cli('plan --sample --patches mine', { cwd }).succeeds(/FROM/, warned);
    expect(stdout).toMatch(/^dma-unmap +mft-patch +by dkms/m);
    expect(stdout).toMatch(/^hello +mine +by dkms/m);

    const { artifacts } = await cli('build --sample --no-verify --patches mine', { cwd }).prints(
      { serial: expect.stringMatching(/\.own\d{10}\.local$/) },
      warned,
    );
    const deb = await readDeb(readFileSync(join(cwd, artifacts[0].path)), 'deb');
    expect(controlFields(deb, 'deb').get('version')).toContain('.own20260131');
    const path = artifacts[0].path.replace(/\.deb$/, '.build.json');
    const record = JSON.parse(readFileSync(join(cwd, path), 'utf8'));
    expect(record.patches.at(-1)).toMatchObject({ id: 'hello', origin: '../mine' });

    await cli(`rebuild ${path}`, { cwd }).fails(3, { code: 'no-input', path: '../mine', hint: expect.stringContaining('--patches') });
    await cli(`rebuild ${path} --patches mine`, { cwd }).prints({ status: 'equal' }, warned);
    writeSeries(join(cwd, 'mine'), { hello: { Symptom: 'another' } });
    await cli(`rebuild ${path} --patches mine`, { cwd }).exits(
      1,
      { status: 'differs', differences: [{ of: 'patches', what: expect.stringContaining('hello has SHA-256') }] },
      warned,
    );
  });

  test("is another one than without, though it has no need of them; a record of the project's patches takes none", async () => {
    const cwd = join(root, 'unneeded');
    mkdirSync(cwd);
    writeSeries(join(cwd, 'mine'), { hello: { MFT: '>=99.0.0' }, 'dma-unmap': { Replaces: 'yes', MFT: '>=99.0.0' } });
    const { artifacts } = await cli('build --sample --no-verify', { cwd }).prints({});
    const record = artifacts[0].path.replace(/\.deb$/, '.build.json');
    await cli(`rebuild ${record} --patches mine`, { cwd }).fails(2, { code: 'usage', detail: expect.stringContaining('--patches') });
    const other = await cli('build --sample --no-verify --patches mine', { cwd }).prints({}, warned);
    expect(other.artifacts[0].path).not.toBe(artifacts[0].path);
  });
});
