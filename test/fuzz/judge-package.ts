/** Judges whether a package that the program has written is right: by dpkg-deb, ar, tar, patch and bash. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { BuildDocument } from '../../build/documents/index.js';
import { Fault } from './fault.js';
import { judgeConf } from './judge-conf.js';
import { projectFile, projectPath } from './project.js';
import { runQuiet, runTool } from './tools.js';
import { type Allowed, compareTrees, treeOf } from './trees.js';

/** Other programs that read packages, and must do so without a warning. */
const readers = `
  dpkg-deb -I "$1" > /dev/null
  dpkg-deb -f "$1" > /dev/null
  dpkg-deb -c "$1" > /dev/null
  [ "$(ar t "$1" | xargs)" = 'debian-binary control.tar.gz data.tar.gz' ]
  for member in control data; do ar p "$1" $member.tar.gz | tar -tvzf - > /dev/null; done`;

/** The files of a build. */
export interface BuiltFiles {
  /** The vendor's package. */
  input: string;
  /** Our package. */
  output: string;
  /** A directory for the unpacked trees. */
  directory: string;
}

/**
 * Compares a package with the package that it was made from.
 *
 * @param document the output of `build --json`
 * @returns whether dpkg-deb accepts the input, too; else there is nothing to compare with
 */
export function judgePackage({ input, output, directory }: BuiltFiles, document: BuildDocument): boolean {
  const [before, after] = [join(directory, 'vendor'), join(directory, 'ours')];
  try {
    runQuiet('dpkg-deb', ['-R', output, after]);
    // The readers start some twenty processes: they read every fourth package only.
    if ((readFileSync(output).at(-6) ?? 0) % 4 === 0) runQuiet('bash', ['-euo', 'pipefail', '-c', readers, 'bash', output]);
    if (runTool('dpkg-deb', ['-R', input, before]).status !== 0) return false;
    const old = treeOf(before);
    const conf = namesIn(join(before, 'usr/src')).find((name) => existsSync(join(before, 'usr/src', name, 'dkms.conf')));
    if (conf === undefined) throw new Fault('wrong', 'dpkg-deb finds no dkms.conf in the input');
    const source = join('usr/src', conf);
    const allowed = document.kernel.requested === 'all' ? inPackage : patched;
    compareTrees(old, treeOf(after), new Map([...allowed({ before, after, source }, document), ...followers(before, after)]));
    return true;
  } finally {
    for (const path of [before, after]) rmSync(path, { recursive: true, force: true });
  }
}

/** The unpacked packages. */
interface Trees {
  before: string;
  after: string;
  /** The directory of the dkms source in both. */
  source: string;
}

function appliedIn(document: BuildDocument): BuildDocument['patches'] {
  return document.patches.filter(({ status }) => status === 'applied');
}

/** Applies the patches in the sources with patch(1) to the vendor's. @returns the patched files, which must be equal now */
function patched({ before, after, source }: Trees, document: BuildDocument): Allowed {
  const applied = appliedIn(document).filter(({ match }) => match === undefined);
  for (const { id } of applied) {
    const args = ['-p1', '-F0', '-s', '--binary', '--no-backup-if-mismatch', '-i', projectPath(`patches/${id}.patch`)];
    const { status, stdout } = runTool('patch', args, { cwd: join(before, source) });
    if (status !== 0) throw new Fault('wrong', `${id} is applied, but patch(1) says ${stdout}`);
  }
  const conf = join(source, 'dkms.conf');
  const files = applied.flatMap(({ hunks }) => hunks.map(({ file }) => join(source, file)));
  const guarded = document.patches.some(({ guard }) => guard !== undefined);
  return new Map([
    ...files.map((file): [string, () => boolean] => [file, () => readFileSync(join(before, file)).equals(readFileSync(join(after, file)))]),
    ...(guarded ? [[conf, () => withoutGuard(textIn(after, conf)) === withLastNewline(textIn(before, conf))] as const] : []),
  ]);
}

/** A dkms.conf without the lines that guard it. */
function withoutGuard(conf: string): string {
  return withLastNewline(conf.replace(/^# mft-patch guard: (?:.*\n)*?# mft-patch guard ends\n/gm, ''));
}

/** A last line without a newline gets one when ours come after it. */
function withLastNewline(text: string): string {
  return text.replace(/\n?$/, '\n');
}

/** For all kernels: checks the patches inside the package and its dkms.conf. @returns what differs because of them */
function inPackage(trees: Trees, document: BuildDocument): Allowed {
  const { before, after, source } = trees;
  const inSources = patched(trees, document);
  const applied = appliedIn(document).flatMap(({ id, match }) => (match === undefined ? [] : [id]));
  if (applied.length === 0) return inSources;
  const patches = join(source, 'patches');
  for (const id of applied) {
    const path = join(after, patches, `mft-patch-${id}.patch`);
    const inside = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (inside !== projectFile(`patches/${id}.patch`).toString('utf8'))
      throw new Fault('wrong', `${id} is a different patch in the package`);
  }
  judgeConf(join(before, source, 'dkms.conf'), join(after, source, 'dkms.conf'), applied);
  // The time of a directory is that of its entry only if the entry precedes the files in it.
  const changed = [...applied.map((id) => join(patches, `mft-patch-${id}.patch`)), source, patches, join(source, 'dkms.conf')];
  return new Map([...inSources, ...changed.map((path): [string, () => boolean] => [path, () => true])]);
}

/** What must follow from a change: control, md5sums, changelog. Each has a check of what else is in it. */
function followers(before: string, after: string): Allowed {
  const control = (tree: string) => textIn(tree, 'DEBIAN/control').replace(/^(Version|Installed-Size):.*$/gim, '');
  const checks = new Map([
    ['DEBIAN/control', () => control(before) === control(after)],
    ['DEBIAN/md5sums', () => areSumsKept(before, after)],
  ]);
  for (const name of namesIn(join(before, 'usr/share/doc'))) {
    for (const file of ['changelog.Debian.gz', 'changelog.gz']) {
      const path = join('usr/share/doc', name, file);
      checks.set(path, () => unpacked(join(after, path)).endsWith(unpacked(join(before, path))));
    }
  }
  return checks;
}

/** Whether every sum that was right before is right afterwards. */
function areSumsKept(before: string, after: string): boolean {
  const now = sumsIn(after);
  return [...sumsIn(before)].every(([path, sum]) => sum !== md5In(before, path) || now.get(path) === md5In(after, path));
}

/** The lines of md5sums by path. */
function sumsIn(tree: string): Map<string, string> {
  const lines = textIn(tree, 'DEBIAN/md5sums').matchAll(/^([0-9a-f]{32}) [ *](.+)$/gm);
  return new Map([...lines].map(([, sum = '', path = '']) => [Buffer.from(path, 'latin1').toString(), sum]));
}

function md5In(tree: string, path: string): string {
  const file = join(tree, path);
  if (!existsSync(file) || !lstatSync(file).isFile()) return '';
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

function textIn(tree: string, path: string): string {
  return existsSync(join(tree, path)) ? readFileSync(join(tree, path), 'latin1') : '';
}

function unpacked(path: string): string {
  return gunzipSync(readFileSync(path)).toString('latin1');
}

function namesIn(path: string): string[] {
  return existsSync(path) && lstatSync(path).isDirectory() ? readdirSync(path) : [];
}
