/** Prepared headers of a kernel: what they say of it, and what they need beside them. Pure: texts come in. */
import { posix } from 'node:path';
import { debianArch } from './arch.js';

/** What built a kernel, by its configuration. */
export interface Compiler {
  name: 'gcc' | 'clang';
  major: number;
  /** As the configuration has it, as in `gcc-12 (Debian 12.2.0-14) 12.2.0`. */
  text: string;
}

/** What headers say of their kernel. */
export interface HeadersFacts {
  /** As `uname -r` prints it, and as modules must have it in their vermagic. */
  release: string;
  /** Linux's own major.minor.patch; undefined if nothing says it. */
  version?: string;
  /** As Debian names it; undefined if the configuration is missing. */
  arch?: string;
  compiler?: Compiler;
}

/** The files that tell, relative to the tree. */
export const tellingFiles = [
  'include/generated/utsrelease.h',
  'include/config/kernel.release',
  'include/generated/uapi/linux/version.h',
  'include/config/auto.conf',
  '.config',
] as const;

/**
 * What the files of a tree say of its kernel. utsrelease.h goes before kernel.release: it is what modules are compiled with, and
 * Debian's packages have the version of Linux in the other.
 *
 * @param text gives one of `tellingFiles`; undefined for one that is missing
 * @returns undefined if no file names a release
 */
export function factsOf(text: (path: (typeof tellingFiles)[number]) => string | undefined): HeadersFacts | undefined {
  const named = /^#define UTS_RELEASE "([^"]*)"/m.exec(text('include/generated/utsrelease.h') ?? '')?.[1];
  const release = (named ?? text('include/config/kernel.release') ?? '').trim();
  // It becomes part of paths and of labels.
  if (!/^[\w.][\w.+~@-]*$/.test(release)) return undefined;
  const version = versionIn(text('include/generated/uapi/linux/version.h') ?? '');
  const config = [text('include/config/auto.conf'), text('.config')].find((one) => one !== undefined && one !== '') ?? '';
  const [arch, compiler] = [archIn(config), compilerIn(config)];
  return {
    release,
    ...(version === undefined ? {} : { version }),
    ...(arch === undefined ? {} : { arch }),
    ...(compiler === undefined ? {} : { compiler }),
  };
}

/**
 * major.minor.patch by version.h of the kernel, which its Makefile writes. A release does not say that: 6.1.0-56-amd64 is
 * 6.1.192, and a tree of one's own may be named next-20250701.
 */
export function versionIn(text: string): string | undefined {
  const value = (name: string) => /^\d+/.exec(text.split(`#define LINUX_VERSION_${name} `)[1] ?? '')?.[0];
  const [major, minor, patch] = [value('MAJOR'), value('PATCHLEVEL'), value('SUBLEVEL')];
  if (major !== undefined && minor !== undefined && patch !== undefined) return `${major}.${minor}.${patch}`;
  // Before 5.13 there is the code alone, whose last part ends at 255.
  const code = Number(value('CODE') ?? 0);
  return code === 0 ? undefined : `${code >> 16}.${(code >> 8) & 255}.${code & 255}`;
}

/** What a configuration sets of each architecture, in the order in which they are asked. */
const architectures: [RegExp, string][] = [
  [/^CONFIG_X86_64=y$/m, 'x86_64'],
  [/^CONFIG_ARM64=y$/m, 'aarch64'],
  [/^CONFIG_PPC64=y$/m, 'ppc64le'],
  [/^CONFIG_S390=y$/m, 's390x'],
  [/^CONFIG_RISCV=y$/m, 'riscv64'],
  [/^CONFIG_ARM=y$/m, 'armhf'],
  [/^CONFIG_X86_32=y$/m, 'i386'],
];

function archIn(config: string): string | undefined {
  const name = architectures.find(([set]) => set.test(config))?.[1];
  return name === undefined ? undefined : debianArch(name);
}

/** CONFIG_CC_VERSION_TEXT is there since Linux 4.18; auto.conf has it without quotes. */
function compilerIn(config: string): Compiler | undefined {
  const text = /^CONFIG_CC_VERSION_TEXT="?(.*?)"?$/m.exec(config)?.[1] ?? '';
  const name = /^CONFIG_CC_IS_CLANG=y$/m.test(config) || /\bclang\b/.test(text) ? 'clang' : 'gcc';
  const number = /^CONFIG_(?:GCC|CLANG)_VERSION=([1-9]\d{4,})$/m.exec(config)?.[1];
  const last = /(\d+)(?:\.\d+)+(?!.*\d\.\d)/.exec(text)?.[1];
  const major = number === undefined ? Number(last ?? 0) : Math.floor(Number(number) / 10_000);
  return major === 0 ? undefined : { name, major, text: text || `${name} ${major}` };
}

/** A symbolic link of a tree, its path relative to that. */
export interface TreeLink {
  path: string;
  target: string;
}

/** A place outside of a tree that the tree leads to. */
export interface Reference {
  /** Absolute. */
  path: string;
  /** Nothing can be built without it. */
  isNeeded: boolean;
}

/** A Makefile that only leads to another one is shorter, that of Linux is many times longer; in bytes. */
const longestWrapper = 4096;

/**
 * Where a tree leads to outside of itself: by links near its top, or by a Makefile that only includes another one, as Debian's
 * headers and trees that were built with `O=` have it.
 *
 * @param tree its absolute path
 */
export function referencesOf(tree: string, links: readonly TreeLink[], makefile: string): Reference[] {
  const wrapper = makefile.length > longestWrapper ? '' : makefile;
  const included = [...wrapper.matchAll(/^\s*-?include\s+([^\s$]+\/[^\s$]+)\s*$/gm)].map(([, path = '']) => posix.dirname(path));
  const entered = [...wrapper.matchAll(/(?:\s-C\s+|^\s*KBUILD_SRC\s*:?=\s*)(\/[^\s$]+)/gm)].map(([, path = '']) => path);
  const led = [
    ...[...included, ...entered].map((path) => ({ path: posix.resolve(tree, path), isNeeded: true })),
    ...links.map(({ path, target }) => ({
      path: posix.resolve(tree, posix.dirname(path), target),
      // What a package leaves out deeper down was not for modules.
      isNeeded: !path.includes('/') && path !== 'source' && path !== 'build',
    })),
  ];
  return led.filter(({ path }) => !isWithin(path, tree));
}

/** The directory that is copied for a reference: of what packages install the whole. */
export function partOf(path: string): string {
  return /^(\/usr\/src\/[^/]+|(\/usr)?\/lib\/linux-kbuild-[^/]+)/.exec(path)?.[1] ?? path;
}

/** Whether a path is a directory or something in it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);
}

/** Whether headers are those of a kernel that was named: major.minor, major.minor.patch of it or of Linux, or its whole release. */
export function isKernel({ release, version = '' }: HeadersFacts, named: string): boolean {
  if (named === release) return true;
  const isPlain = /^\d+\.\d+(\.\d+)?$/.test(named);
  return isPlain && [version, ...(version === '' || /^\d+\.\d+$/.test(named) ? [release] : [])].some((text) => startsWith(text, named));
}

function startsWith(text: string, number: string): boolean {
  return text.startsWith(number) && !/^[\d]/.test(text.slice(number.length));
}
