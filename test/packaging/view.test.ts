/** What a kernel sees of a package, and what it does not: each change of a package is seen unless it is shown here not to be. */
import { beforeAll, describe, expect, test } from 'vitest';
import { resolveSource } from '../../src/bundle/vendor-package.js';
import { withFiles, withVersion } from '../../src/deb/change.js';
import { type Deb, plainPath, readDeb, writeDeb } from '../../src/deb/deb.js';
import { withBody } from '../../src/deb/tar.js';
import { planPatches } from '../../src/packaging/choose-patches.js';
import { addGuard } from '../../src/packaging/guard.js';
import { buildPackage } from '../../src/packaging/patched-package.js';
import { readVendorPackage, type VendorPackage } from '../../src/packaging/prepare.js';
import { type BuiltContent, viewOf } from '../../src/packaging/view.js';
import type { Patch } from '../../src/patches/patch.js';
import { ownPatch } from '../commands/matrix/stand-in.js';
import { testContext } from '../support.js';

const release = '6.1.0-50-amd64';
const late = ownPatch({ kernel: '>=7.0' });
let vendor: VendorPackage;
let ours: Patch[];

beforeAll(async () => {
  vendor = await readVendorPackage(await resolveSource({ sample: 'flat' }, testContext()), testContext());
  ours = vendor.patches;
});

async function build(own: readonly Patch[], deb = vendor.deb): Promise<BuiltContent> {
  const plan = planPatches({ ...vendor, deb, patches: [...ours, ...own] }, undefined);
  const { bytes, patches } = await buildPackage(plan);
  const forDkms = plan.patches.filter((patch) => patches.some(({ id, match }) => id === patch.id && match !== undefined));
  return { bytes, deb: await readDeb(bytes, 'x'), sourceRoot: vendor.sourceRoot, forDkms };
}

const seen = (content: BuiltContent, deb: Deb = content.deb) => viewOf({ ...content, deb, bytes: writeDeb(deb) }, release).digest;
/** The package with another text of one of its files or control files. */
function edited(deb: Deb, path: string, edit: (text: string) => string): Deb {
  const change = (entries: Deb['data']) =>
    entries.map((entry) =>
      plainPath(entry) === path ? withBody(entry, Buffer.from(edit(entry.body.toString('latin1')), 'latin1')) : entry,
    );
  return { ...deb, control: change(deb.control), data: change(deb.data) };
}

test('a kernel does not see a patch that dkms does not apply for it, nor the version behind +mftpatch', async () => {
  const [without, one, other] = await Promise.all([build([]), build([late]), build([ownPatch({ kernel: '>=8', line: 'other' })])]);
  expect(new Set([without, one, other].map(({ bytes }) => bytes.toString('latin1'))).size).toBe(3);
  expect(new Set([without, one, other].map((content) => seen(content))).size).toBe(1);
  expect(viewOf(one, release).unseen).toEqual(['own']);
  // A kernel that takes them sees both.
  expect(new Set([without, one, other].map((content) => viewOf(content, '8.1.0').digest)).size).toBe(3);
});

describe('it sees', () => {
  const source = (path: string) => `usr/src/kernel-mft-dkms-4.15.1/${path}`;
  test.each<[string, string, (text: string) => string]>([
    ['a postinst', 'postinst', (text) => `${text}true\n`],
    ['a prerm', 'prerm', (text) => text.replace('\n', '\n\n')],
    ['a dependency', 'control', (text) => text.replace('Depends: ', 'Depends: make, ')],
    ['the version before the suffix', 'control', (text) => text.replace('-0sample', '-1sample')],
    ['a source', source('mst_pci.c'), (text) => `${text}\n`],
    ['a Makefile', source('Makefile'), (text) => `${text}# x\n`],
    ['a patch that acts', source('patches/mft-patch-dma-unmap.patch'), (text) => text.replace('Description:', 'Description: x')],
    ["the vendor's lines of dkms.conf", source('dkms.conf'), (text) => `${text}# x\n`],
    ['our lines of dkms.conf', source('dkms.conf'), (text) => text.replace(/PATCH_MATCH\[\d\]=/, '$&x')],
  ])('%s', async (_, path, edit) => {
    const content = await build([late]);
    const changed = edited(content.deb, path, edit);
    expect(changed).not.toEqual(content.deb);
    expect(seen(content, changed)).not.toBe(seen(content));
  });

  test('a mode and a time of a file', async () => {
    const content = await build([late]);
    const data = content.deb.data.map((entry) => {
      const head = Buffer.from(entry.head);
      if (plainPath(entry).endsWith('mst_pci.c')) head.write('0000600', head.length - 512 + 100, 'latin1');
      return { ...entry, head };
    });
    expect(seen(content, { ...content.deb, data })).not.toBe(seen(content));
  });

  test('a guard', async () => {
    const plan = (maxKernel: string) => ({ ...planPatches(vendor, undefined), maxKernel });
    const content = await build([]);
    const digests = ['7.2', '7.3'].map((kernel) => seen(content, addGuard(content.deb, plan(kernel), []).deb));
    expect(new Set([seen(content), ...digests]).size).toBe(3);
    // It names no patch, so what is not seen without it is not seen with it either.
    const more = await build([late]);
    expect(seen(more, addGuard(more.deb, plan('7.2'), []).deb)).toBe(digests[0]);
  });
});

describe("it sees all of a package where the vendor's code may look at it:", () => {
  const source = (path: string) => `usr/src/kernel-mft-dkms-4.15.1/${path}`;
  test.each<[string, string, string]>([
    ['a Makefile that names the directory', source('Makefile'), 'x := $(shell ls patches)\n'],
    ['a Makefile that walks', source('Makefile'), 'x := $(shell find . | wc -l)\n'],
    ['a Makefile that lists all', source('Makefile'), 'x := $(wildcard */*)\n'],
    ['a postinst that greps', 'postinst', 'grep -rq x /usr/src/kernel-mft-dkms-4.15.1\n'],
    ['a postinst that asks for the version', 'postinst', 'dpkg -s kernel-mft-dkms | grep mftpatch\n'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
    ['a dkms.conf that counts', source('dkms.conf'), 'CLEAN="echo ${#PATCH[@]}"\n'],
    ['a source that includes', source('mst_pci.c'), '#include "patches/x.patch"\n'],
  ])('%s', async (_, path, line) => {
    const deb = edited(vendor.deb, path, (text) => text + line);
    const [without, one] = await Promise.all([build([], deb), build([late], deb)]);
    expect(seen(one)).not.toBe(seen(without));
  });

  test.each<[string, string, string]>([
    ['a comment', source('Makefile'), '# find . patches\n'],
    ['a walk through the system', 'postinst', 'find /lib/modules -maxdepth 1\n'],
    ['a walk for what it names', source('Makefile'), 'x := $(shell find . -name "*.o")\n'],
    ['a list of sources', source('Makefile'), 'x := $(wildcard *.c)\n'],
    ['PATCHLEVEL', source('Makefile'), 'x := $(PATCHLEVEL)\n'],
  ])('not for %s', async (_, path, line) => {
    const deb = edited(vendor.deb, path, (text) => text + line);
    const [without, one] = await Promise.all([build([], deb), build([late], deb)]);
    expect(seen(one)).toBe(seen(without));
  });
});

test('a package whose version alone differs is the same', async () => {
  const content = await build([]);
  expect(seen(content, withVersion(content.deb, '4.15.1-0sample+mftpatch.universal2099.gfffffff'))).toBe(seen(content));
  expect(seen(content, withFiles(content.deb, new Map()))).toBe(seen(content));
});
