/** The package of modules: its bytes and what it says. That apt takes it is in modules.system.test.ts. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { controlFields, controlFile, plainPath, readDeb } from '../../src/deb/deb.js';
import { compareVersions } from '../../src/deb/version.js';
import type { BuiltModules } from '../../src/packaging/built-modules.js';
import { withSignature } from '../../src/packaging/module-signature.js';
import { modulesPackage } from '../../src/packaging/modules-package.js';
import type { Signer } from '../../src/packaging/sign-modules.js';

const origin = {
  ...{ name: 'kernel-mft-dkms', file: 'x.deb', version: '4.15.1-9+mftpatch.baked1', sha256: 'ab'.repeat(32) },
  date: new Date('2026-11-26T00:00:00Z'),
  notices: ['Copyright (c) 2020 A'],
};
const ko = (name: string) => Buffer.from(`\x7fELF\0license=Dual BSD/GPL\0name=${name}\0`);
const built: BuiltModules = {
  ...{ release: '6.1.0-50-amd64', architecture: 'amd64', top: 'lib', signatureHash: 'sha256' },
  files: new Map([
    ['mst_pciconf.ko', ko('mst_pciconf')],
    ['mst_pci.ko', ko('mst_pci')],
  ]),
};

async function read(changes: Partial<BuiltModules> = {}) {
  const made = await modulesPackage({ ...built, ...changes }, origin, undefined);
  const deb = await readDeb(made.bytes, made.name);
  const files = new Map(deb.data.filter(({ type }) => type === 'file').map((entry) => [plainPath(entry), entry.body]));
  return { ...made, deb, files, fields: controlFields(deb, made.name) };
}

test('it is named after its kernel, depends on that, and keeps the dkms package out', async () => {
  const { name, fields, deb } = await read();
  expect(name).toMatch(/^kernel-mft-modules-6\.1\.0-50-amd64_4\.15\.1-9\+mftpatch\.baked1\.m[0-9a-f]{7}_amd64\.deb$/);
  const version = name.split('_')[1];
  expect(Object.fromEntries(fields)).toMatchObject({
    ...{ package: 'kernel-mft-modules-6.1.0-50-amd64', version, architecture: 'amd64' },
    source: 'kernel-mft-dkms (4.15.1-9+mftpatch.baked1)',
    depends: 'linux-image-6.1.0-50-amd64 | linux-image-6.1.0-50-amd64-unsigned | linux-image-unsigned-6.1.0-50-amd64, kmod',
    ...{ conflicts: 'kernel-mft-dkms', replaces: 'kernel-mft-dkms', provides: `kernel-mft-modules (= ${version})` },
  });
  for (const script of ['postinst', 'postrm'])
    expect(controlFile(deb, script)).toMatchObject({ mode: 0o755, body: expect.objectContaining({}) });
  expect(controlFile(deb, 'postinst')?.body.toString()).toContain("depmod '6.1.0-50-amd64'");
  expect(controlFile(deb, 'triggers')?.body.toString()).toBe(
    'interest-noawait /lib/modules/6.1.0-50-amd64\ninterest-noawait /usr/lib/modules/6.1.0-50-amd64\n',
  );
});

test.each([
  [
    '6.8.12-4-pve',
    'kernel-mft-modules-6.8.12-4-pve',
    'proxmox-kernel-6.8.12-4-pve-signed | proxmox-kernel-6.8.12-4-pve | pve-kernel-6.8.12-4-pve, kmod',
  ],
  [
    '6.1.7_Mine+',
    'kernel-mft-modules-6.1.7-mine+',
    'linux-image-6.1.7-mine+ | linux-image-6.1.7-mine+-unsigned | linux-image-unsigned-6.1.7-mine+, kmod',
  ],
])('the kernel %s', async (release, name, depends) => {
  const { fields, files } = await read({ release });
  expect([fields.get('package'), fields.get('depends')]).toEqual([name, depends]);
  expect([...files.keys()]).toContain(`lib/modules/${release}/updates/mft-patch/mst_pci.ko`);
});

test('the modules in it are plain, without the signature that dkms made, and the same bytes however they came', async () => {
  const plain = await read();
  expect(plain.files.get('lib/modules/6.1.0-50-amd64/updates/mft-patch/mst_pci.ko')).toEqual(ko('mst_pci'));
  const files = new Map([
    ['mst_pci.ko.gz', gzipSync(withSignature(ko('mst_pci'), Buffer.from('der')))],
    ['mst_pciconf.ko', withSignature(ko('mst_pciconf'), Buffer.from('other'))],
  ]);
  expect((await read({ files })).bytes).toEqual(plain.bytes);
});

test('other bytes are another version, and with a signature a later one', async () => {
  const signer = (by: string): Signer => ({ fingerprint: '', sign: async (module) => Buffer.concat([module, Buffer.from(by)]) });
  const plain = (await read()).name;
  const signed = (await modulesPackage(built, origin, signer('s'))).name;
  const names = [
    ...[plain, signed],
    (await read({ top: 'usr/lib' })).name,
    (await read({ files: new Map([['mst_pci.ko', ko('x')]]) })).name,
    (await modulesPackage(built, origin, signer('t'))).name,
    (await modulesPackage(built, { ...origin, notices: [] }, undefined)).name,
  ];
  expect(new Set(names).size).toBe(names.length);
  const [without = '', by = ''] = [plain, signed].map((name) => name.split('_')[1]);
  expect(by).toMatch(new RegExp(`^${without.replace(/\+/, '\\+')}\\.s[0-9a-f]{7}$`));
  expect(compareVersions(by, without)).toBeGreaterThan(0);
});

test('its copyright file has the notices of the sources, and the licences that the modules declare', async () => {
  const text = async (notices: string[], module = ko('mst_pci')) => {
    const made = await modulesPackage({ ...built, files: new Map([['mst_pci.ko', module]]) }, { ...origin, notices }, undefined);
    const { data } = await readDeb(made.bytes, made.name);
    return data.find((entry) => plainPath(entry).endsWith('/copyright'))?.body.toString() ?? '';
  };
  const notes = await text(['Copyright (c) 2013-2020 B', 'Copyright (c) 2020 A']);
  expect(notes).toContain('The sources have these notices:\n\n  Copyright (c) 2013-2020 B\n  Copyright (c) 2020 A\n');
  expect(notes).toContain('The modules declare these licences:\n\n  mst_pci.ko: Dual BSD/GPL\n\nOn Debian systems');
  expect(notes).toContain('The maintainer scripts are of mft-patch:\n\n  MIT License\n\n  Copyright (c) 2026 the mft-patch authors\n');
  expect(notes).not.toContain('patches/');
  const other = await text([], Buffer.from('\x7fELF\xc3license=Proprietary\0', 'latin1'));
  expect(other).toContain('The sources have no copyright notice.\n');
  expect(other).toContain('  mst_pci.ko: Proprietary\n\nThe maintainer scripts');
});

test('a release that would end a word of a script is refused', async () => {
  await expect(read({ release: "6.1'; reboot; '" })).rejects.toMatchObject({ failure: { code: 'package-unfit' } });
});
