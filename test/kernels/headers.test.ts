/** Prepared headers: what they say of their kernel, what goes into a container, and which image that is. */
import { writeFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { factsOf, isKernel, referencesOf } from '../../src/kernels/headers.js';
import { headersFile, installedHeaders, readHeaders } from '../../src/kernels/read-headers.js';
import { type Kernel, resolveKernels, targetOf } from '../../src/kernels/resolve.js';
import { failureOf, makeDirectory, testContext } from '../support.js';
import { debian, gcc12, headersIn, packageOf, type Tree, ubuntu, whole, writeTree } from './header-trees.js';

const targets = await loadTargets(testContext());
const root = makeDirectory();
writeTree(root, { ...debian.flavour, ...debian.common, ...debian.kbuild });
const debianTree = join(root, 'usr/src/linux-headers-6.1.0-56-amd64');

/** Writes trees below a directory of their own. @returns that of the first tree */
function written(path: string, ...trees: Tree[]): string {
  const top = makeDirectory();
  for (const tree of trees) writeTree(top, tree);
  return join(top, path);
}

/** Writes packages. @returns their paths */
function packages(...list: [name: string, tree: Tree, about?: { depends?: string; arch?: string }][]): string[] {
  const top = makeDirectory();
  return list.map(([name, tree, about]) => {
    const path = join(top, `${name}_1_amd64.deb`);
    writeFileSync(path, packageOf(name, tree, about));
    return path;
  });
}

async function kernelOf(headers: string[], kernel?: string): Promise<Kernel> {
  const [found, ...others] = await resolveKernels({ headers, ...(kernel === undefined ? {} : { kernel: [kernel] }) }, targets);
  expect(others).toEqual([]);
  return found ?? expect.fail('no kernel');
}

describe('the files of a tree say', () => {
  const facts = (files: Record<string, string>) => factsOf((path) => files[path]);
  const uts = 'include/generated/utsrelease.h';
  const release = 'include/config/kernel.release';

  test('the release: that of utsrelease.h, which modules are compiled with', () => {
    expect(facts({ [uts]: '#define UTS_RELEASE "6.1.0-56-amd64"\n', [release]: '6.1.192\n' })).toEqual({ release: '6.1.0-56-amd64' });
    expect(facts({ [release]: '6.6.30\n' })).toEqual({ release: '6.6.30' });
    expect(facts({ [uts]: '#define UTS_RELEASE ""\n' })).toBeUndefined();
    expect(facts({ [release]: '6.1 $(reboot)\n' })).toBeUndefined();
    expect(facts({})).toBeUndefined();
  });

  test.each([
    ['CONFIG_X86_64=y', 'amd64'],
    ['CONFIG_ARM64=y', 'arm64'],
    ['CONFIG_PPC64=y', 'ppc64el'],
    ['# CONFIG_ARM64 is not set\nCONFIG_X86_64=y', 'amd64'],
    ['CONFIG_MIPS=y', undefined],
  ])('the architecture: %s', (config, arch) => {
    expect(facts({ [release]: '6.1.0\n', 'include/config/auto.conf': `${config}\n` })?.arch).toBe(arch);
    expect(facts({ [release]: '6.1.0\n', '.config': `${config}\n` })?.arch).toBe(arch);
  });

  test.each([
    ['CONFIG_CC_VERSION_TEXT=gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0\nCONFIG_GCC_VERSION=120200', 'gcc', 12],
    ['CONFIG_CC_VERSION_TEXT="gcc (GCC) 8.3.1 20190507 (Red Hat 8.3.1-4)"\nCONFIG_GCC_VERSION=80301', 'gcc', 8],
    ['CONFIG_CC_VERSION_TEXT="gcc (Debian 10.2.1-6) 10.2.1 20210110"', 'gcc', 10],
    [
      'CONFIG_CC_IS_CLANG=y\nCONFIG_CC_VERSION_TEXT="Debian clang version 19.1.7"\nCONFIG_GCC_VERSION=0\nCONFIG_CLANG_VERSION=190107',
      'clang',
      19,
    ],
  ])('the compiler: %s', (config, name, major) => {
    expect(facts({ [release]: '6.1.0\n', '.config': `${config}\n` })?.compiler).toMatchObject({ name, major });
  });

  test('and none where nothing names it', () => {
    expect(facts({ [release]: '4.9.0\n', '.config': 'CONFIG_X86_64=y\n' })).not.toHaveProperty('compiler');
  });
});

test('a tree leads outside by links near its top and by a short Makefile, not by one of Linux', () => {
  const links = [
    { path: 'scripts', target: '../../lib/linux-kbuild-6.1/scripts' },
    { path: 'include/linux', target: '/usr/src/other/include/linux' },
    { path: 'source', target: '.' },
    { path: 'arch/x86/own', target: '../y' },
  ];
  const all = referencesOf('/usr/src/x', links, 'include /usr/src/common/Makefile\n');
  expect(all).toEqual([
    { path: '/usr/src/common', isNeeded: true },
    { path: '/usr/lib/linux-kbuild-6.1/scripts', isNeeded: true },
    { path: '/usr/src/other/include/linux', isNeeded: false },
  ]);
  expect(referencesOf('/o/build', [], 'MAKEARGS := O=/o/build\n\tmake -C /home/me/linux $(MAKEARGS)\n')).toEqual([
    { path: '/home/me/linux', isNeeded: true },
  ]);
  expect(referencesOf('/s/obj/x86_64/default', [], 'include ../../../linux-6.4.0/Makefile\n')).toEqual([
    { path: '/s/linux-6.4.0', isNeeded: true },
  ]);
  expect(referencesOf('/x', [], `include /y/Makefile\n${'#'.repeat(5000)}`)).toEqual([]);
});

test.each([
  ['6.1', true],
  ['6.1.192', true],
  ['6.1.0-56-amd64', true],
  ['6.1.0', false],
  ['6.1.19', false],
  ['6.12', false],
  ['6', false],
  ['6.1.0-55-amd64', false],
  ['6.1.0-56', false],
])('headers of 6.1.0-56-amd64 (Linux 6.1.192) are those of %s: %s', (named, is) => {
  expect(isKernel({ release: '6.1.0-56-amd64', version: '6.1.192' }, named)).toBe(is);
});

test('headers that do not say of which Linux they are go by their release', () => {
  expect(isKernel({ release: '6.6.30-mine' }, '6.6.30')).toBe(true);
  expect(isKernel({ release: '6.6.30-mine' }, '6.6.3')).toBe(false);
});

describe('a directory', () => {
  test('is copied with what it leads to, each to where the others look for it', async () => {
    const { release, version, arch, compiler, tree, content } = await readHeaders([debianTree]);
    expect({ release, version, arch, tree }).toEqual({
      release: '6.1.0-56-amd64',
      version: '6.1.192',
      arch: 'amd64',
      tree: '/usr/src/linux-headers-6.1.0-56-amd64',
    });
    expect(compiler).toMatchObject({ name: 'gcc', major: 12 });
    expect(content).toEqual({
      kind: 'directories',
      parts: ['/usr/src/linux-headers-6.1.0-56-amd64', '/usr/src/linux-headers-6.1.0-56-common', '/usr/lib/linux-kbuild-6.1'].map((to) => ({
        from: join(root, to),
        to,
      })),
    });
  });

  test("is also the link that a kernel's modules have", async () => {
    writeTree(root, { 'lib/modules/mine/build': `-> ${debianTree}` });
    expect((await readHeaders([join(root, 'lib/modules/mine/build')])).tree).toBe('/usr/src/linux-headers-6.1.0-56-amd64');
  });

  test('of Ubuntu, linked piece by piece', async () => {
    const place = written('usr/src/linux-headers-6.8.0-41-generic', ubuntu.flavour, ubuntu.shared);
    const { content } = await readHeaders([place]);
    expect(content.kind === 'directories' && content.parts.map(({ to }) => to)).toEqual([
      '/usr/src/linux-headers-6.8.0-41-generic',
      '/usr/src/linux-headers-6.8.0-41',
    ]);
  });

  test('of a tree of one’s own keeps its path; one whose name make does not take gets another', async () => {
    const own = headersIn('linux', { release: '6.6.30-mine', linux: [6, 6, 30], config: gcc12 });
    const place = written('linux', own);
    expect(await readHeaders([place])).toMatchObject({ release: '6.6.30-mine', tree: place });
    const blank = written('my linux', headersIn('my linux', { release: '6.6.30-mine', linux: [6, 6, 30], config: gcc12 }));
    expect(await readHeaders([blank])).toMatchObject({ tree: '/usr/src/linux-headers-6.6.30-mine' });
  });

  test('without a part that it leads to is refused, and the part is named', async () => {
    const place = written('usr/src/linux-headers-6.1.0-56-amd64', debian.flavour, debian.kbuild);
    expect(await failureOf(() => readHeaders([place]))).toMatchObject({
      code: 'no-input',
      path: place,
      detail: 'leads to /usr/src/linux-headers-6.1.0-56-common, which is missing',
      hint: expect.stringContaining('copy /usr/src/linux-headers-6.1.0-56-common as well'),
    });
  });

  test('that is no headers, is missing, or is not alone is refused', async () => {
    const detail = expect.stringContaining('include/config/kernel.release');
    expect(await failureOf(() => readHeaders([root]))).toMatchObject({ code: 'no-input', path: root, detail });
    expect(await failureOf(() => readHeaders(['/nowhere']))).toMatchObject({ code: 'no-input', path: '/nowhere', hint: 'check --headers' });
    expect(await failureOf(() => readHeaders([root, root]))).toMatchObject({ code: 'usage' });
  });
});

test('those that are installed count for the kernel whose they are; without any, or with those of another, there are none', async () => {
  const modules = join(root, 'installed');
  writeTree(root, { 'installed/6.1.0-56-amd64/build': `-> ${debianTree}`, 'installed/6.1.0-57-amd64/build': `-> ${debianTree}` });
  expect(await installedHeaders('6.1.0-56-amd64', modules)).toMatchObject({
    release: '6.1.0-56-amd64',
    tree: '/usr/src/linux-headers-6.1.0-56-amd64',
  });
  expect(await installedHeaders('6.1.0-57-amd64', modules)).toBeUndefined();
  expect(await installedHeaders('6.1.0-58-amd64', modules)).toBeUndefined();
});

describe('packages', () => {
  const depends = 'linux-headers-6.1.0-56-common (= 6.1.192-2), linux-kbuild-6.1 (>= 6.1.192-2), linux-compiler-gcc-12-x86';
  const flavour = ['linux-headers-6.1.0-56-amd64', debian.flavour, { depends }] as [string, Tree, { depends: string }];
  const common = ['linux-headers-6.1.0-56-common', debian.common, { arch: 'all' }] as [string, Tree, { arch: string }];
  const kbuild = ['linux-kbuild-6.1', debian.kbuild] as [string, Tree];

  test('of Debian, in any order', async () => {
    const places = packages(common, kbuild, flavour);
    const { content, ...headers } = await readHeaders(places);
    expect(headers).toMatchObject({ release: '6.1.0-56-amd64', version: '6.1.192', arch: 'amd64', places });
    expect(headers.tree).toBe('/usr/src/linux-headers-6.1.0-56-amd64');
    const all = { ...debian.common, ...debian.kbuild, ...debian.flavour };
    expect(content.kind === 'packages' && content.entries.map(({ path }) => path)).toEqual(Object.keys(all).map((path) => `./${path}`));
  });

  test.each([['6.6.30-mine'], ['6.8.12-4-pve'], ['6.6.44-production+truenas']])('that are one with all in it: %s', async (release) => {
    const headers = await readHeaders(packages([`linux-headers-${release}`, whole(release)]));
    expect(headers).toMatchObject({ release, tree: `/usr/src/linux-headers-${release}` });
  });

  test('of which one is missing are refused, and it is named', async () => {
    const failure = await failureOf(() => readHeaders(packages(flavour, kbuild)));
    expect(failure).toMatchObject({
      code: 'no-input',
      detail: 'leads to /usr/src/linux-headers-6.1.0-56-common, which is missing',
      hint: expect.stringContaining('depends on linux-headers-6.1.0-56-common'),
    });
    const shared = await failureOf(() => readHeaders(packages(['linux-headers-6.8.0-41-generic', ubuntu.flavour])));
    expect(shared).toMatchObject({ code: 'no-input', detail: expect.stringContaining('/usr/src/linux-headers-6.8.0-41/Makefile') });
  });

  test('without headers of a flavour, or of two kernels, are refused', async () => {
    const none = await failureOf(() => readHeaders(packages(common)));
    expect(none).toMatchObject({ code: 'no-input', detail: expect.stringContaining('contains no prepared headers') });
    const two = await failureOf(() => readHeaders(packages(['a', whole('6.6.30-a')], ['b', whole('6.6.30-b')])));
    expect(two).toMatchObject({ code: 'usage', detail: expect.stringContaining('/usr/src/linux-headers-6.6.30-b') });
  });

  test('that are no packages are refused', async () => {
    const path = join(makeDirectory(), 'x.deb');
    writeFileSync(path, 'no package');
    expect(await failureOf(() => readHeaders([path]))).toMatchObject({ code: 'package-damaged', path });
  });
});

test('a file is read from each part, in a directory and in packages', async () => {
  const file = 'include/linux/pci.h';
  expect(`${await headersFile(await readHeaders([debianTree]), file)}`).toBe('/* pci */\n');
  const places = packages(['a', debian.flavour], ['b', debian.common], ['c', debian.kbuild]);
  expect(`${await headersFile(await readHeaders(places), file)}`).toBe('/* pci */\n');
  expect(await headersFile(await readHeaders(places), 'include/none.h')).toHaveLength(0);
});

describe('--headers is the kernel', () => {
  test('alone: its release, on an image of the Debian with its compiler', async () => {
    const kernel = await kernelOf([debianTree]);
    expect(kernel).toMatchObject({ requested: '', again: '', release: { text: '6.1.0-56-amd64', version: '6.1.0' } });
    const target = targetOf(kernel, testContext());
    expect(target).toMatchObject({
      name: 'headers-6.1.0-56-amd64',
      kernel: '6.1',
      headers: '',
      rolling: false,
      suites: ['bookworm'],
      wanted: { release: '6.1.0-56-amd64', arch: 'amd64' },
      prepared: { gcc: '', places: [debianTree] },
    });
    expect(target.prepared).not.toHaveProperty('otherCompiler');
  });

  test.each([
    ['gcc 13', 'CONFIG_GCC_VERSION=130300', 'trixie', 'gcc-13', undefined],
    ['gcc 10', 'CONFIG_GCC_VERSION=100201', 'bullseye', '', undefined],
    ['gcc 8', 'CONFIG_CC_VERSION_TEXT="gcc (GCC) 8.3.1"\nCONFIG_GCC_VERSION=80301', 'bookworm', '', 'built by gcc (GCC) 8.3.1,'],
    ['clang', 'CONFIG_CC_IS_CLANG=y\nCONFIG_CLANG_VERSION=190107', 'bookworm', '', 'built by clang 19,'],
    ['what it does not say', '', 'bookworm', '', 'does not name'],
  ])('built by %s', async (...[, config, suite, gcc, other]) => {
    const place = written('linux', headersIn('linux', { release: '6.6.30', linux: [6, 6, 30], config: `${config}\n` }));
    const { suites, prepared } = targetOf(await kernelOf([place]), testContext());
    expect({ suite: suites[0], gcc: prepared?.gcc }).toEqual({ suite, gcc });
    if (other === undefined) expect(prepared).not.toHaveProperty('otherCompiler');
    else expect(prepared?.otherCompiler).toContain(other);
  });

  test.each(['6.1', '6.1.192', '6.1.0-56-amd64', 'debian-12'])('with the same kernel in --kernel: %s', async (kernel) => {
    expect(await kernelOf([debianTree], kernel)).toMatchObject({ requested: kernel, target: { name: 'headers-6.1.0-56-amd64' } });
  });

  test.each(['6.12', '6.1.0-55-amd64', '5.10', 'debian-13', 'debian-13-backports'])(
    'with another one in --kernel it is a wrong call: %s',
    async (kernel) => {
      expect(await failureOf(() => kernelOf([debianTree], kernel))).toMatchObject({
        code: 'usage',
        detail: expect.stringMatching(/^--kernel .* and --headers disagree: .* is of 6\.1\.0-56-amd64 \(Linux 6\.1\.192\)$/),
        hint: expect.stringContaining('omit --kernel'),
      });
    },
  );

  test('and with host it must be that of the running kernel', async () => {
    const tree = (release: string) => written('linux', headersIn('linux', { release, linux: [9, 9, 9], config: gcc12 }));
    expect(await failureOf(() => kernelOf([tree('9.9.9-none')], 'host'))).toMatchObject({
      code: 'usage',
      detail: expect.stringContaining('disagree'),
    });
    expect(await kernelOf([tree(runningRelease())], 'host')).toMatchObject({ requested: 'host', again: '' });
  });

  test('with several, or with what is no kernel, too', async () => {
    for (const kernel of ['all', '6.1,6.1.192', 'nonsense', ','])
      expect(await failureOf(() => kernelOf([debianTree], kernel))).toMatchObject({ code: 'usage' });
  });
});
