/** Stand-ins for prepared headers: as small as what is read of them, in the forms that distributions and `make bindeb-pkg` give them. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Header } from 'tar/header';
import { newArMember } from '../../src/deb/ar.js';
import { writeDeb } from '../../src/deb/deb.js';
import { type Entry, fileEntry } from '../../src/deb/tar.js';
import { writeFiles } from '../support.js';

/** A tree: texts by path; a link is `-> target`. Paths are from the root. */
export type Tree = Record<string, string>;

const gcc = (version: string, number: string) => `CONFIG_CC_IS_GCC=y\nCONFIG_CC_VERSION_TEXT="${version}"\nCONFIG_GCC_VERSION=${number}\n`;
export const gcc12 = gcc('gcc-12 (Debian 12.2.0-14) 12.2.0', '120200');
export const gcc13 = gcc('x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0', '130300');

const versionH = (...[major, minor, patch]: number[]) =>
  `#define LINUX_VERSION_CODE 1\n#define LINUX_VERSION_MAJOR ${major}\n#define LINUX_VERSION_PATCHLEVEL ${minor}\n#define LINUX_VERSION_SUBLEVEL ${patch}\n`;

/** What any prepared tree has. */
export function headersIn(
  tree: string,
  { release, linux, config }: { release: string; linux: [number, number, number]; config: string },
): Tree {
  return {
    [`${tree}/include/generated/utsrelease.h`]: `#define UTS_RELEASE "${release}"\n`,
    [`${tree}/include/config/kernel.release`]: `${release}\n`,
    [`${tree}/include/generated/uapi/linux/version.h`]: versionH(...linux),
    [`${tree}/include/config/auto.conf`]: `CONFIG_X86_64=y\n${config}`,
    [`${tree}/Module.symvers`]: '0x1\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n',
  };
}

/** Debian's flavour, what flavours share, and kbuild: three packages. kernel.release has the version of Linux in it. */
export const debian = {
  flavour: {
    ...headersIn('usr/src/linux-headers-6.1.0-56-amd64', { release: '6.1.0-56-amd64', linux: [6, 1, 192], config: gcc12 }),
    'usr/src/linux-headers-6.1.0-56-amd64/include/config/kernel.release': '6.1.192\n',
    'usr/src/linux-headers-6.1.0-56-amd64/Makefile': 'include /usr/src/linux-headers-6.1.0-56-common/Makefile\n',
    'usr/src/linux-headers-6.1.0-56-amd64/scripts': '-> ../../lib/linux-kbuild-6.1/scripts',
    'lib/modules/6.1.0-56-amd64/build': '-> /usr/src/linux-headers-6.1.0-56-amd64',
  } as Tree,
  common: {
    'usr/src/linux-headers-6.1.0-56-common/Makefile': `# ${'Linux '.repeat(1000)}`,
    'usr/src/linux-headers-6.1.0-56-common/include/linux/pci.h': '/* pci */\n',
    'usr/src/linux-headers-6.1.0-56-common/scripts': '-> ../../lib/linux-kbuild-6.1/scripts',
  } as Tree,
  kbuild: { 'usr/lib/linux-kbuild-6.1/scripts/mod/modpost': 'a program' } as Tree,
};

/** Ubuntu's flavour, which links to what all share piece by piece. */
export const ubuntu = {
  flavour: {
    ...headersIn('usr/src/linux-headers-6.8.0-41-generic', { release: '6.8.0-41-generic', linux: [6, 8, 12], config: gcc13 }),
    'usr/src/linux-headers-6.8.0-41-generic/Makefile': '-> ../linux-headers-6.8.0-41/Makefile',
    'usr/src/linux-headers-6.8.0-41-generic/include/linux': '-> ../../linux-headers-6.8.0-41/include/linux',
  } as Tree,
  shared: {
    'usr/src/linux-headers-6.8.0-41/Makefile': `# ${'Linux '.repeat(1000)}`,
    'usr/src/linux-headers-6.8.0-41/include/linux/pci.h': '/* pci */\n',
  } as Tree,
};

/** One package with all, as `make bindeb-pkg` makes it, and Proxmox. */
export const whole = (release: string): Tree => ({
  ...headersIn(`usr/src/linux-headers-${release}`, { release, linux: [6, 6, 30], config: gcc12 }),
  [`usr/src/linux-headers-${release}/Makefile`]: `# ${'Linux '.repeat(1000)}`,
  [`usr/src/linux-headers-${release}/scripts/mod/modpost`]: 'a program',
});

/** Writes a tree below a directory. */
export function writeTree(root: string, tree: Tree): void {
  for (const [path, text] of Object.entries(tree)) {
    const place = join(root, path);
    if (!text.startsWith('-> ')) {
      writeFiles(root, { [path]: text });
      continue;
    }
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(text.slice(3), place);
  }
}

/** A package with a tree as its files. */
export function packageOf(name: string, tree: Tree, { depends = '', arch = 'amd64' } = {}): Buffer {
  const control = `Package: ${name}\nVersion: 1\nArchitecture: ${arch}\n${depends === '' ? '' : `Depends: ${depends}\n`}Maintainer: A <a@b>\nDescription: x\n`;
  const data = Object.entries(tree).map(([path, text]) =>
    text.startsWith('-> ') ? linkEntry(`./${path}`, text.slice(3)) : fileEntry(`./${path}`, Buffer.from(text)),
  );
  return writeDeb({
    binary: newArMember('debian-binary', Buffer.from('2.0\n'), 0),
    control: [fileEntry('./control', Buffer.from(control))],
    data,
  });
}

function linkEntry(path: string, linkTarget: string): Entry {
  const head = Buffer.alloc(512);
  new Header({ path, mode: 0o777, uid: 0, gid: 0, size: 0, mtime: new Date(0), type: 'SymbolicLink', linkpath: linkTarget }).encode(head);
  return { head, path, type: 'symlink', mode: 0o777, mtime: 0, linkTarget, body: Buffer.alloc(0) };
}
