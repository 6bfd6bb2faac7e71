/** Which verdicts of earlier runs a matrix reuses. The engine is a stand-in (stand-in.ts), and the series is the test's. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { MatrixDocument } from '../../../src/documents/index.js';
import type { Patch } from '../../../src/patches/patch.js';
import { renderText } from '../../../src/report/text.js';
import { makeDirectory, sample, testContext } from '../../support.js';
import { ownPatch, StandInMatrix } from './stand-in.js';

const series = vi.hoisted(() => ({ patches: [] as Patch[] }));
vi.mock('../../../src/catalogue.js', async (original) => {
  const catalogue = await original<typeof import('../../../src/catalogue.js')>();
  return { ...catalogue, readAllSeries: async () => () => ({ patches: series.patches, serial: '2026112601', stale: [] }) };
});
/** It differs from run to run of the program itself, as after an update. */
const program = vi.hoisted(() => ({ sha256: 'f'.repeat(64) }));
vi.mock('../../../src/verify/provenance.js', async (original) => {
  const provenance = await original<typeof import('../../../src/verify/provenance.js')>();
  return {
    ...provenance,
    provenanceOf: async (tested: Parameters<typeof provenance.provenanceOf>[0]) => ({
      ...(await provenance.provenanceOf(tested)),
      program: { version: '0.1.0', sha256: program.sha256 },
    }),
  };
});

const { loadPatches } = await import('../../../src/catalogue.js');
const ours = await loadPatches(testContext());
const three = [
  { name: 'old', release: '6.1.0-50-amd64' },
  { name: 'new', release: '6.12.9-amd64' },
  { name: 'newest', release: '7.3.4-amd64' },
];
const own = ownPatch({ kernel: '>=7.0' });

let stand: StandInMatrix;
const use = (...patches: Patch[]) => {
  series.patches = [...ours, ...patches];
  stand.prepare(series.patches);
};
const reusedOf = ({ cells }: MatrixDocument) => cells.filter(({ patched }) => patched.reused).map(({ target }) => target);

beforeEach(() => {
  stand = new StandInMatrix(makeDirectory(), three);
  program.sha256 = 'f'.repeat(64);
});

test('forty kernels, of which a changed patch concerns two: two containers are run', async () => {
  stand = new StandInMatrix(makeDirectory());
  use(ownPatch());
  const first = await stand.run();
  expect(first.ran).toHaveLength(40);
  expect(first.document.cells.every(({ patched }) => patched.status === 'builds' && !patched.reused)).toBe(true);
  use(ownPatch({ line: 'another comment' }));
  const second = await stand.run();
  expect(second.ran).toEqual(['linux-6-38', 'linux-6-39']);
  expect(reusedOf(second.document)).toHaveLength(38);
  const none = await stand.run();
  expect([none.ran, reusedOf(none.document).length]).toEqual([[], 40]);
});

test('a reused verdict says from when it is and what it was on; durations are those of the real test', async () => {
  use(own);
  const first = await stand.run();
  use(ownPatch({ kernel: '>=7.0', line: 'another comment' }));
  const second = await stand.run();
  const [before, after] = [first.document.cells[0]?.patched, second.document.cells[0]?.patched];
  expect(after).toMatchObject({ status: 'builds', seconds: before?.seconds, reused: before?.on?.date, on: before?.on });
  const tested = second.document.cells[2]?.patched.on;
  expect(after?.standsFor).toEqual({ package: tested?.package, patches: tested?.patches });
  expect(after?.on?.package).not.toBe(tested?.package);
  expect(readFileSync(after?.log ?? '', 'utf8')).toContain('installed on old');
  expect(second.steps.filter((step) => step.includes('reused from'))).toHaveLength(2);
  expect(second.document.cells[0]?.patches).toEqual(first.document.cells[0]?.patches);
  // The package's record has the verdict, too.
  const record = JSON.parse(readFileSync(after?.artifact.replace(/\.deb$/, '.build.json') ?? '', 'utf8'));
  expect(record.verification).toMatchObject({ status: 'passed', kernels: [{ reused: after?.reused }, {}, {}] });
  const text = renderText(second.document);
  expect(text).toMatch(/^6\.1 +old +builds +\d{4}-\d\d-\d\d \d\d:\d\d UTC +postinst-arch/m);
  expect(text).toContain(', 2 of 3 verdicts reused\n');
});

describe('nothing is reused', () => {
  /** Every kernel is tested in the second run, or the given ones. */
  async function expectTests(change: () => void | Promise<void>, ran = ['new', 'newest', 'old'], request: object = {}) {
    use(own);
    await stand.run();
    await change();
    expect((await stand.run(request)).ran).toEqual(ran.toSorted());
  }

  test('with --fresh', () => expectTests(() => {}, undefined, { fresh: true }));

  test('of another vendor package: an edited postinst, with the same version', async () => {
    const { deb } = await sample();
    const { readDeb, writeDeb } = await import('../../../src/deb/deb.js');
    const { withBody } = await import('../../../src/deb/tar.js');
    const read = await readDeb(deb, 'x');
    const control = read.control.map((entry) =>
      entry.path.endsWith('postinst') ? withBody(entry, Buffer.concat([entry.body, Buffer.from('true\n')])) : entry,
    );
    const path = join(stand.folder, 'edited.deb');
    writeFileSync(path, writeDeb({ ...read, control }));
    await expectTests(() => {}, undefined, { deb: path });
  });

  test('where an edited patch acts', () => expectTests(() => use(ownPatch({ kernel: '>=7.0', line: 'edited' })), ['newest']));
  test('where a patch acts under another name', () => expectTests(() => use(ownPatch({ id: 'other', kernel: '>=7.0' })), ['newest']));
  test('where PATCH_MATCH takes in another kernel', () => expectTests(() => use(ownPatch({ kernel: '>=6.10' })), ['new', 'newest']));
  test('where PATCH_MATCH takes out a kernel', () => expectTests(() => use(ownPatch({ kernel: '>=8.0' })), ['newest']));
  test('where a patch is gone', () => expectTests(() => use(), ['newest']));
  test('where a patch is new', () => expectTests(() => use(own, ownPatch({ id: 'more', file: 'Makefile', kernel: '>=6.10 <7' })), ['new']));

  test('of a patch that the headers decide on: it may act everywhere', () => {
    const header = 'Good-On-Older: no\nProbe: include/linux/pci.h ~ dma_map';
    return expectTests(() => use(ownPatch({ kernel: '>=7.0', header })));
  });

  test('of a patch that is good on older kernels, and so acts on them', () =>
    expectTests(() => use(ownPatch({ kernel: '>=7.0', header: 'Good-On-Older: yes' }))));

  test('of another image', () => expectTests(() => stand.changeImage('new'), ['new']));
  test('of another engine', () => expectTests(() => void Object.assign(stand.env, { ENGINE_VERSION: '29.0' })));
  test('of another program', () => expectTests(() => void Object.assign(program, { sha256: '0'.repeat(64) })));
  test('of another kind of package', () => expectTests(() => {}, undefined, { baked: true }));

  test('where what is kept is corrupt, is not under its digest, or has lost its log', () =>
    expectTests(() => {
      const directory = join(stand.folder, 'cache/verdicts');
      const [one = '', two = '', three = ''] = readdirSync(directory).filter((name) => name.endsWith('.json'));
      writeFileSync(join(directory, one), '{"schema"');
      writeFileSync(join(directory, two), readFileSync(join(directory, three)));
      rmSync(join(directory, three.replace('.json', '.log')));
    }));

  test('of what could not be tested', async () => {
    use(own);
    stand.prepare(series.patches, { 'install.exit': '1', 'package.status': '', oom: '1' });
    expect((await stand.run()).document.cells.map(({ patched }) => patched.status)).toEqual(['error', 'error', 'error']);
    use(own);
    expect((await stand.run()).ran).toHaveLength(3);
  });

  test('of a verdict where dkms did what the view does not say', async () => {
    use(own);
    stand.prepare(series.patches, { patches: 'mft-patch-own.patch\n' });
    await stand.run();
    expect((await stand.run()).ran).toEqual(['new', 'old']);
  });

  test('where an image has other kernels, for which dkms may apply more', async () => {
    use(own);
    stand.prepare(series.patches, { 'other.exit': '0' });
    await stand.run();
    expect((await stand.run()).ran).toHaveLength(3);
  });
});

test('what fails is reused, too, but not by --only-failed', async () => {
  use(own);
  stand.prepare(series.patches, { 'dkms.status': 'nothing' });
  expect((await stand.run()).document.cells[0]?.patched.status).toBe('fails');
  const again = await stand.run();
  expect([again.ran, again.document.cells[0]?.patched]).toMatchObject([[], { status: 'fails', failedStep: 'installs' }]);
  expect((await stand.run({ onlyFailed: true })).ran).toHaveLength(3);
});

test('--only-failed says what it keeps, and takes the rest from the cache', async () => {
  use(own);
  await stand.run({ baseline: true });
  rmSync(join(stand.folder, 'cache'), { recursive: true });
  const kept = await stand.run({ onlyFailed: true });
  expect([kept.ran, reusedOf(kept.document)]).toEqual([[], ['old', 'new', 'newest']]);
  expect(kept.document.cells[0]?.vendor?.reused).toBe(kept.document.cells[0]?.vendor?.on?.date);
});
