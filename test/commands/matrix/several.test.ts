/** A matrix over several releases. The engine is a stand-in (stand-in.ts). */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readReleases } from '../../../src/commands/matrix/read-releases.js';
import { readDeb, writeDeb } from '../../../src/deb/deb.js';
import { withBody } from '../../../src/deb/tar.js';
import type { MatrixDocument } from '../../../src/documents/index.js';
import { renderText } from '../../../src/report/text.js';
import { failureOf, makeDirectory, sample, testContext } from '../../support.js';
import { StandInMatrix } from './stand-in.js';

const kernels = [
  { name: 'old', release: '6.1.0-50-amd64' },
  { name: 'new', release: '6.12.9-amd64' },
];
const [flat, nnt] = [
  { version: '4.15.1', revision: '0sample' },
  { version: '4.22.0', revision: '0sample' },
];
let stand: StandInMatrix;
beforeEach(() => {
  stand = new StandInMatrix(makeDirectory(), kernels);
  // What acts in each release differs, and these reports are of both: no patch acts.
  stand.prepare([]);
});
const rows = ({ cells }: MatrixDocument) => cells.map(({ mft, target, patched }) => [mft?.version, target, patched.status]);

test('has a cell for each release and kernel, a package for each release, and one result', async () => {
  const { document, ran } = await stand.run({ samples: ['flat', 'nnt'] });
  expect(ran).toEqual(['new', 'new', 'old', 'old']);
  expect(document).toMatchObject({
    mft: flat,
    releases: [
      { mft: flat, maxKernel: '6.12' },
      { mft: nnt, maxKernel: '6.12' },
    ],
  });
  expect(document.maxKernel).toBeUndefined();
  expect(rows(document)).toEqual([
    ['4.15.1', 'old', 'builds'],
    ['4.15.1', 'new', 'builds'],
    ['4.22.0', 'old', 'builds'],
    ['4.22.0', 'new', 'builds'],
  ]);
  const out = join(stand.folder, 'out');
  expect(JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8'))).toEqual(document);
  const debs = readdirSync(out).filter((name) => name.endsWith('.deb'));
  expect(debs.map((name) => name.replace(/\+.*/, ''))).toEqual(['kernel-mft-dkms_4.15.1-0sample', 'kernel-mft-dkms_4.22.0-0sample']);
  for (const deb of debs) {
    const record = JSON.parse(readFileSync(join(out, deb.replace(/deb$/, 'build.json')), 'utf8'));
    expect(record.verification.kernels.map(({ target }: { target: string }) => target)).toEqual(['old', 'new']);
  }
  expect(renderText(document)).toContain(`MFT 4.15.1-0sample, 4.22.0-0sample

KERNEL  TARGET  4.15.1-0sample  4.22.0-0sample
6.1     old     builds          builds
6.12    new     builds          builds
`);
});

test('with one release the result is as it always was', async () => {
  const { document } = await stand.run({ samples: ['nnt', 'nnt'] });
  expect(document.releases).toBeUndefined();
  expect(rows(document)).toEqual([
    [undefined, 'old', 'builds'],
    [undefined, 'new', 'builds'],
  ]);
  expect(Object.keys(document)).toEqual(['schema', 'mft', 'date', 'seconds', 'cells', 'maxKernel']);
});

test('reuses each cell of another run, and runs the release that is new', async () => {
  await stand.run({ samples: ['nnt'] });
  const { ran, document } = await stand.run({ samples: ['flat', 'nnt'] });
  expect(ran).toEqual(['new', 'old']);
  expect(document.cells.map(({ patched }) => patched.reused !== undefined)).toEqual([false, false, true, true]);
  expect(renderText(document)).toContain('2 of 4 verdicts reused');
});

test('--only-failed keeps cells by release and kernel, and adds a release to a result', async () => {
  await stand.run({ samples: ['nnt'] });
  const added = await stand.run({ samples: ['flat', 'nnt'], onlyFailed: true, fresh: true });
  expect(added.ran).toEqual(['new', 'old']);
  expect(added.document.releases).toMatchObject([{ mft: nnt }, { mft: flat }]);
  const again = await stand.run({ samples: ['flat'], onlyFailed: true, fresh: true });
  expect([again.ran, rows(again.document)]).toEqual([[], rows(added.document)]);
  const other = await failureOf(() => stand.run({ samples: ['nnt-4.26'], onlyFailed: true }));
  expect(other).toMatchObject({
    code: 'usage',
    detail: expect.stringContaining('4.22.0-0sample, MFT 4.15.1-0sample, this one is for MFT 4.26.1'),
  });
});

test('what fails in one release does not stop the other, and is named with it', async () => {
  stand.prepare([], { 'dkms.status': 'nothing' });
  const { document } = await stand.run({ samples: ['flat', 'nnt'], baseline: true });
  expect(rows(document).map(([, , status]) => status)).toEqual(Array(4).fill('fails'));
  const text = renderText(document);
  expect(text).toContain('VENDOR\nKERNEL  TARGET  4.15.1-0sample  4.22.0-0sample\n');
  expect(text).toContain('PATCHED\nKERNEL  TARGET  4.15.1-0sample  4.22.0-0sample\n6.1     old     fails: install  fails: install\n');
  expect(text).toContain('\nMFT 4.22.0-0sample new:\n');
});

test('--modules packs those of each release on each kernel, and its record names them', async () => {
  const module = (release: string) => `\x7fELF\0license=GPL\0vermagic=${release}\0`;
  stand.prepare([], { 'ko/mst_pci.ko': module('x'), 'modules.top': 'usr/lib\n' });
  await stand.run({ samples: ['flat', 'nnt'] });
  // What passed before is tested again: a verdict that is kept has no modules.
  const { ran } = await stand.run({ samples: ['flat', 'nnt'], modules: { signing: undefined } });
  expect(ran).toEqual(['new', 'new', 'old', 'old']);
  const out = join(stand.folder, 'out');
  const names = readdirSync(out).filter((name) => /^kernel-mft-modules-.*\.deb$/.test(name));
  expect(names.map((name) => name.replace(/\+.*/, ''))).toEqual([
    'kernel-mft-modules-6.1.0-50-amd64_4.15.1-0sample',
    'kernel-mft-modules-6.1.0-50-amd64_4.22.0-0sample',
    'kernel-mft-modules-6.12.9-amd64_4.15.1-0sample',
    'kernel-mft-modules-6.12.9-amd64_4.22.0-0sample',
  ]);
  for (const { version } of [flat, nnt]) {
    const record = readdirSync(out).find((name) => name.startsWith(`kernel-mft-dkms_${version}`) && name.endsWith('.build.json')) ?? '';
    const { modules, artifacts } = JSON.parse(readFileSync(join(out, record), 'utf8'));
    const own = names.filter((name) => name.includes(`_${version}-`));
    expect(modules.map((one: { package: string }) => one.package).sort()).toEqual(own);
    expect(artifacts.map(({ path }: { path: string }) => path)).toEqual(expect.arrayContaining(own));
  }
});

test('--modules: what cannot sign is found before anything is run', async () => {
  const modules = { signing: { key: join(stand.folder, 'none'), cert: join(stand.folder, 'none') } };
  expect(await failureOf(() => stand.run({ samples: ['flat', 'nnt'], modules }))).toMatchObject({ code: 'no-input' });
  expect(existsSync(join(stand.state, 'runs'))).toBe(false);
});

describe('the packages of a run', () => {
  test('count once where two sources hold the same', async () => {
    const source = { kind: 'sample' as const, layout: 'nnt' };
    const reads = await readReleases([source, { kind: 'sample', layout: 'flat' }, source], testContext());
    expect(reads.map(({ mft }) => mft.version)).toEqual(['4.22.0', '4.15.1']);
  });

  test('are not two of one release', async () => {
    const { deb } = await sample();
    const read = await readDeb(deb, 'x');
    const control = read.control.map((entry) =>
      entry.path.endsWith('postinst') ? withBody(entry, Buffer.concat([entry.body, Buffer.from('true\n')])) : entry,
    );
    const path = join(makeDirectory(), 'edited.deb');
    writeFileSync(path, writeDeb({ ...read, control }));
    const sources = [
      { kind: 'sample' as const, layout: 'flat' },
      { kind: 'deb' as const, path },
    ];
    expect(await failureOf(() => readReleases(sources, testContext()))).toMatchObject({
      code: 'usage',
      detail: expect.stringMatching(/edited\.deb hold different packages of MFT 4\.15\.1-0sample$/),
    });
  });
});
