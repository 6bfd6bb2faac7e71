/** Whether a package that the program has written is the right one: asked of dpkg-deb, ar, tar, patch and bash. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Fault } from './fault.js';

const patches = new URL('../patches/', import.meta.url);

/** Runs a program; `{ status, stdout, stderr }`, with the bytes of stdout. */
function tool(program, args, options = {}) {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const { status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 1 << 28, env, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  return { status, stdout, stderr: String(stderr ?? '') };
}

/** Runs a tool that must take our package, and say nothing. */
function quiet(program, args) {
  const { status, stdout, stderr } = tool(program, args);
  if (status !== 0 || stderr !== '') throw new Fault('wrong', `our package is not read without a word: exit ${status}, ${stdout}${stderr}`);
}

/** What else reads packages, and must do so without a word. */
const readers = `
  dpkg-deb -I "$1" > /dev/null
  dpkg-deb -f "$1" > /dev/null
  dpkg-deb -c "$1" > /dev/null
  [ "$(ar t "$1" | xargs)" = 'debian-binary control.tar.gz data.tar.gz' ]
  for member in control data; do ar p "$1" $member.tar.gz | tar -tvzf - > /dev/null; done`;

/**
 * Compares a package with what it was made from.
 *
 * @param input the vendor's package, as a file
 * @param output ours, as a file
 * @param document what `build --json` said
 * @returns whether dpkg-deb takes the input, too; if it does not there is nothing to compare with
 */
export function judgePackage(input, output, document, folder) {
  const [before, after] = ['vendor', 'ours'].map((name) => join(folder, name));
  try {
    quiet('dpkg-deb', ['-R', output, after]);
    // They start some twenty processes: every fourth package is shown to them.
    if (readFileSync(output).at(-6) % 4 === 0) quiet('bash', ['-euo', 'pipefail', '-c', readers, 'bash', output]);
    if (tool('dpkg-deb', ['-R', input, before]).status !== 0) return false;
    const old = treeOf(before);
    const conf = namesIn(join(before, 'usr/src')).find((name) => existsSync(join(before, 'usr/src', name, 'dkms.conf')));
    if (conf === undefined) throw new Fault('wrong', 'dpkg-deb finds no dkms.conf in the input');
    const source = join('usr/src', conf);
    const allowed = expectPatched(join(before, source), join(after, source), source, document);
    compareTrees(old, treeOf(after), new Map([...allowed, ...followers(before, after)]));
    return true;
  } finally {
    for (const path of [before, after]) rmSync(path, { recursive: true, force: true });
  }
}

/** Makes of the vendor's sources by patch(1) what ours must be. @returns what may differ all the same, by path */
function expectPatched(before, after, source, document) {
  const applied = document.patches.filter(({ status }) => status === 'applied').map(({ id }) => id);
  if (document.kernel.requested !== 'all') {
    for (const id of applied) {
      const args = ['-p1', '-F0', '-s', '--binary', '--no-backup-if-mismatch', '-i', new URL(`${id}.patch`, patches).pathname];
      const { status, stdout } = tool('patch', args, { cwd: before });
      if (status !== 0) throw new Fault('wrong', `${id} is applied, and patch(1) says ${stdout}`);
    }
    const files = applied.flatMap((id) => document.patches.find((patch) => patch.id === id).hunks.map(({ file }) => file));
    return new Map(
      files.map((file) => [join(source, file), () => readFileSync(join(before, file)).equals(readFileSync(join(after, file)))]),
    );
  }
  if (applied.length === 0) return new Map();
  for (const id of applied) {
    const path = join(after, 'patches', `mft-patch-${id}.patch`);
    const inside = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (inside !== readFileSync(new URL(`${id}.patch`, patches), 'utf8')) throw new Fault('wrong', `${id} is another patch in the package`);
  }
  judgeConf(join(before, 'dkms.conf'), join(after, 'dkms.conf'), applied);
  const added = applied.map((id) => [join(source, 'patches', `mft-patch-${id}.patch`), () => true]);
  // The folder's time is its own only if its entry comes before the files in it.
  return new Map([...added, ...[source, join(source, 'patches'), join(source, 'dkms.conf')].map((path) => [path, () => true])]);
}

/** Reads a dkms.conf as dkms does, in a bash that may neither write nor call anything. @returns what it sets, or undefined if it fails */
function variables(path) {
  // dkms reads it in a function of its own (dkms(8)); declare says of each variable what it holds.
  const names = 'BUILT_MODULE_NAME PACKAGE_NAME PACKAGE_VERSION MAKE CLEAN AUTOINSTALL DEST_MODULE_LOCATION';
  const script = `kernelver=6.12.0-1-amd64 arch=x86_64; read_conf() { eval "$(< "$1")"; }; read_conf "$1"; declare -p ${names}; echo; declare -p PATCH`;
  const { status, stdout, stderr } = tool('/bin/bash', ['-r', '-c', script, 'bash', path], { timeout: 2000, env: { PATH: '/nowhere' } });
  if (status === null) return undefined;
  const [own, patch] = String(stdout).split('\n\n');
  return { own, patch: patch ?? '', stderr };
}

/** Our dkms.conf must set all that the vendor's sets, and name the patches after those that he has. */
export function judgeConf(before, after, applied) {
  const [old, made] = [variables(before), variables(after)];
  // One that bash itself cannot read is the vendor's to mend, and one with $$, $_ or $RANDOM says something else each time.
  const isBroken = old === undefined || !old.own.includes('BUILT_MODULE_NAME') || /syntax error|unexpected EOF/.test(old.stderr);
  if (isBroken || /\$\{?([^\w{("']|_\b|\d|RANDOM|LINENO|SECONDS|BASH|EPOCH)/.test(readFileSync(before, 'latin1'))) return;
  if (made?.own !== old.own) throw new Fault('wrong', `dkms.conf says '${made?.own}' (${made?.stderr}), the vendor's '${old.own}'`);
  for (const id of applied)
    if (!made.patch.includes(`"mft-patch-${id}.patch"`)) throw new Fault('wrong', `dkms.conf names no ${id}: ${made.patch}`);
  // dkms counts them, and looks at so many from 0 on.
  const indices = [...made.patch.matchAll(/\[(\d+)\]=[$"]/g)].map(([, index]) => Number(index));
  if (indices.some((index, place) => index !== place)) throw new Fault('wrong', `dkms.conf has a hole in PATCH: ${made.patch}`);
}

/** What must follow from a change: control, md5sums, changelog. Each is looked at for what else is in it. */
function followers(before, after) {
  const text = (tree, path) => (existsSync(join(tree, path)) ? readFileSync(join(tree, path), 'latin1') : '');
  const control = (tree) => text(tree, 'DEBIAN/control').replace(/^(Version|Installed-Size):.*$/gim, '');
  const sums = (tree) =>
    new Map(
      [...text(tree, 'DEBIAN/md5sums').matchAll(/^([0-9a-f]{32}) [ *](.+)$/gm)].map(([, sum, path]) => [
        Buffer.from(path, 'latin1').toString(),
        sum,
      ]),
    );
  const md5 = (tree, path) =>
    isFile(join(tree, path))
      ? createHash('md5')
          .update(readFileSync(join(tree, path)))
          .digest('hex')
      : '';
  const checks = new Map([
    ['DEBIAN/control', () => control(before) === control(after)],
    // A sum that was right before must be right afterwards.
    [
      'DEBIAN/md5sums',
      () => [...sums(before)].every(([path, sum]) => sum !== md5(before, path) || sums(after).get(path) === md5(after, path)),
    ],
  ]);
  const docs = join(before, 'usr/share/doc');
  for (const name of namesIn(docs)) {
    for (const file of ['changelog.Debian.gz', 'changelog.gz']) {
      const path = join('usr/share/doc', name, file);
      checks.set(path, () => unpacked(join(after, path)).endsWith(unpacked(join(before, path))));
    }
  }
  return checks;
}

const unpacked = (path) => gunzipSync(readFileSync(path)).toString('latin1');
const isFile = (path) => existsSync(path) && lstatSync(path).isFile();
const namesIn = (path) => (existsSync(path) && lstatSync(path).isDirectory() ? readdirSync(path) : []);

/** Every difference must be one of those that are allowed, if it is what it may be. */
function compareTrees(old, made, allowed) {
  for (const path of new Set([...old.keys(), ...made.keys()])) {
    const [a, b] = [old.get(path), made.get(path)];
    if (JSON.stringify(a) === JSON.stringify(b)) continue;
    const isKept = !a || !b || (a.mode === b.mode && a.uid === b.uid && a.gid === b.gid);
    if (isKept && allowed.get(path)?.(a, b)) continue;
    throw new Fault('wrong', `${path}: ${JSON.stringify(a)} became ${JSON.stringify(b)}`);
  }
}

/** A folder that has no entry of its own has the time of its making. */
const isFresh = ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs) < 60_000;

/** What lies in a tree, by path: type, mode, owner, time, content. */
function treeOf(root) {
  const tree = new Map();
  const look = (path) => {
    const stats = lstatSync(join(root, path));
    const { mode, uid, gid } = stats;
    const content = stats.isFile()
      ? createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex')
      : stats.isSymbolicLink()
        ? readlinkSync(join(root, path))
        : '';
    // dpkg-deb makes DEBIAN itself.
    if (path !== 'DEBIAN' && path !== '')
      tree.set(path, { mode: mode.toString(8), uid, gid, seconds: isFresh(stats) ? 'now' : Math.floor(stats.mtimeMs / 1000), content });
    if (stats.isDirectory()) for (const name of readdirSync(join(root, path))) look(join(path, name));
  };
  mkdirSync(root, { recursive: true });
  look('');
  return tree;
}
