/** Packages other than the default one: from a .deb, from a bundle, with own patches for them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAllSeries } from '../../src/catalogue.js';
import { withFiles } from '../../src/deb/change.js';
import { gzip } from '../../src/deb/compress.js';
import { readDeb, writeDeb } from '../../src/deb/deb.js';
import { fileEntry, writeTar } from '../../src/deb/tar.js';
import { defaultPackage } from '../../src/default-package.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, sample, testContext } from '../support.js';
import { writeSeries } from './series.js';

const cwd = makeDirectory();
const vendor = await sample();

/** The sample by another name and version, as a package. */
async function renamed(name: string, version: string): Promise<Buffer> {
  const deb = await readDeb(vendor.deb, 'sample');
  const control = deb.control.map((entry) => {
    if (!/^(\.\/)?control$/.test(entry.path)) return entry;
    const text = entry.body
      .toString('utf8')
      .replace(/^Package: .*/m, `Package: ${name}`)
      .replace(/^Version: .*/m, `Version: ${version}`);
    return fileEntry(entry.path, Buffer.from(text));
  });
  return writeDeb(withFiles({ ...deb, control }, new Map()));
}

const knem = await renamed('knem-dkms', '1.1.4.90mlnx3-OFED.23.10.0.2.1.1');
const iser = await renamed('iser-dkms', '23.10-OFED.23.10.2.1.3.1');
writeFileSync(join(cwd, 'knem.deb'), knem);
writeFileSync(join(cwd, 'odd.deb'), await renamed('native-dkms', '5'));
const entries = [
  fileEntry('OFED/DEBS/iser-dkms_23.10_all.deb', iser),
  fileEntry('OFED/DEBS/knem-dkms_1.1.4_all.deb', knem),
  fileEntry('OFED/DEBS/knem_1.1.4_amd64.deb', Buffer.from('no package')),
];
const tar = Buffer.from(writeTar(entries));
writeFileSync(join(cwd, 'ofed.tgz'), gzip(tar));
for (const directory of ['OFED', 'OFED/DEBS']) mkdirSync(join(cwd, directory));
for (const { path, body } of entries) writeFileSync(join(cwd, path), body);

const run = (line: string) => cli(line, { cwd });
const reading = /^(reading \S+\n)?$/;

describe('another dkms package', () => {
  test.each([
    '--deb knem.deb',
    'knem.deb',
    '--deb knem.deb --package knem-dkms',
    'ofed.tgz --package knem-dkms',
    'OFED --package knem-dkms',
  ])('is taken by %s, and has no patch of ours', async (source) => {
    const mft = { version: '1.1.4.90mlnx3', revision: 'OFED.23.10.0.2.1.1' };
    await run(`plan ${source}`).prints({ package: 'knem-dkms', mft, patches: [] }, reading);
    await run(`plan ${source}`).succeeds(/^knem-dkms 1\.1\.4\.90mlnx3-OFED\S* for every kernel\n/, reading);
  });

  test('must be the one that is asked for, and a bundle says which it has', async () => {
    await run('plan --deb knem.deb --package iser-dkms').fails(3, {
      code: 'package-unfit',
      detail: 'is package knem-dkms, expected iser-dkms',
    });
    const hint = 'it has iser-dkms, knem-dkms: choose one with --package';
    await run('plan ofed.tgz').fails(3, { code: 'package-unfit', detail: `contains no ${defaultPackage}_….deb`, hint }, reading);
    await run('plan OFED --package srp-dkms').fails(3, { code: 'package-unfit', detail: 'contains no srp-dkms_….deb', hint });
  });

  test('gets the patches for it, and its name is on all that is written', async () => {
    writeSeries(join(cwd, 'own'), {
      hello: { Package: 'knem-dkms', MFT: '<2.0.0' },
      never: { Package: 'knem-dkms', MFT: '>=2.0.0' },
      'dma-unmap': { Package: 'iser-dkms' },
    });
    const document = await run('build ofed.tgz --package knem-dkms --patches own --no-verify').prints(
      { package: 'knem-dkms' },
      { contains: 'own/series' },
    );
    expect(document.patches).toMatchObject([
      { id: 'hello', status: 'applied', origin: 'own', reason: expect.stringContaining('knem-dkms 1.1.4 matches <2.0.0') },
      { id: 'never', status: 'not-needed' },
    ]);
    expect(document).not.toHaveProperty('hold');
    const { path } = document.artifacts[0];
    expect(path).toMatch(
      /^dist\/knem-dkms_1\.1\.4\.90mlnx3-OFED\.23\.10\.0\.2\.1\.1\+mftpatch\.universal\d{10}\.own\d{10}\.local\.g[0-9a-f]{7}_all\.deb$/,
    );
    const record = path.replace(/deb$/, 'build.json');
    expect(readFileSync(join(cwd, record), 'utf8').replaceAll(/"path": .*|"of": .*/g, '')).not.toContain(defaultPackage);
    const { stdout } = await run('build ofed.tgz --package knem-dkms --patches own --no-verify').succeeds(/sudo apt install/, {
      contains: 'own',
    });
    expect(stdout).not.toMatch(new RegExp(`${defaultPackage}|mst start|MFT`));
    await run(`rebuild ${record} --patches own`).prints({ status: 'equal' }, { contains: 'own' });
  });

  test('is edited like ours: the patch that is saved is for it, and no other patch is applied', async () => {
    writeSeries(join(cwd, 'mixed'), { hello: { License: 'MIT' }, greets: { License: 'MIT', Package: 'knem-dkms' } });
    const edit = await run('edit knem.deb --kernel 6.1 --dir knem --patches mixed').prints({ package: 'knem-dkms' }, reading);
    expect(edit.patches).toMatchObject([{ id: 'greets', status: 'applied' }]);
    const path = join(cwd, 'knem/mst_pci.c');
    writeFileSync(path, readFileSync(path, 'latin1').replace('PCI_STOP', 'PCI_END'), 'latin1');
    const header = '--description x --origin other --license BSD --kernel-range >=6.1 --mft-range * --good-on-older yes --symptom error';
    await cli(['save', 'knem', '--id', 'end', '--patches', 'mixed', ...header.split(' ')], { cwd }).prints({});
    expect(readFileSync(join(cwd, 'mixed/end.patch'), 'utf8')).toMatch(/^Package: knem-dkms$/m);
    const checked = await run('patches check mixed knem.deb').prints({ faults: [] }, reading);
    expect(checked.packages).toMatchObject([{ package: 'knem-dkms', patches: [{ id: 'greets' }, { id: 'end', status: 'applied' }] }]);
    const built = await run('build knem.deb --patches mixed --no-verify').prints({}, { contains: '' });
    await run(`show ${built.artifacts[0].path}`).prints({
      package: 'knem-dkms',
      kind: 'universal',
      serial: expect.stringContaining('.own'),
    });
  });

  test('may have a version without a revision', async () => {
    const { artifacts } = await run('build --deb odd.deb --no-verify').prints({ mft: { version: '5', revision: '' } });
    expect(artifacts[0].path).toMatch(/^dist\/native-dkms_5\+mftpatch\.universal\d{10}\.g[0-9a-f]{7}_all\.deb$/);
  });

  test('takes nothing from the patches of others, neither in contents nor in the version', async () => {
    writeSeries(join(cwd, 'iser'), { x: { Package: 'iser-dkms' } });
    const seriesOf = await readAllSeries(testContext({ own: { patches: [join(cwd, 'iser')] } }));
    expect(seriesOf(defaultPackage).serial).toMatch(/^\d{10}$/);
    expect(seriesOf('iser-dkms')).toMatchObject({ patches: [{ id: 'x' }], serial: expect.stringContaining('.own') });
    expect(seriesOf('knem-dkms')).toMatchObject({ patches: [], stale: [] });
    const { patches } = await run('patches --patches iser').prints({});
    expect(patches.at(-1)).toMatchObject({ id: 'x', package: 'iser-dkms', origin: 'iser' });
    expect(patches[0]).not.toHaveProperty('package');
    await run('patches --patches iser').succeeds(/^PATCH +FROM +PACKAGE +KERNEL +VERSION +WHAT$/m);
  });

  test('may be large, if its control file says so', async () => {
    const deb = await readDeb(iser, 'iser');
    const large = { ...deb, data: [...deb.data, fileEntry('./usr/src/large', Buffer.alloc(20 * 1024 * 1024))] };
    const control = (size: number) =>
      deb.control.map((entry) => {
        if (!/^(\.\/)?control$/.test(entry.path)) return entry;
        return fileEntry(entry.path, Buffer.from(entry.body.toString('utf8').replace(/^Installed-Size: .*/m, `Installed-Size: ${size}`)));
      });
    expect((await readDeb(writeDeb({ ...large, control: control(21_000) }), 'x')).data).toHaveLength(large.data.length);
    const failure = await failureOf(() => readDeb(writeDeb({ ...large, control: control(100) }), 'x'));
    expect(failure).toMatchObject({ code: 'package-unfit', detail: 'decompresses to more than 8388608 bytes' });
  });
});
