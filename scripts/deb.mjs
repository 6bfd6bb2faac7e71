/**
 * Writes the Debian package of the program, by the program's own writer. Usage: npm run deb [-- DIRECTORY], else dist/release. The same
 * sources give the same bytes: its time is that of the release in CHANGELOG.md. Its libraries are those inside of build/program.cjs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changelogText } from '../build/deb/change.js';
import { gzip } from '../build/deb/compress.js';
import { writeDeb } from '../build/deb/deb.js';
import { controlText, newDeb } from '../build/deb/new-deb.js';
import { maintainer } from '../build/packaging/maintainer.js';
import { copyrightFile } from './debian-copyright.mjs';
import { output, packedFiles, releaseDate } from './packed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path));
const project = JSON.parse(read('package.json'));
const date = releaseDate(root);

// Above Debian's first package of the same version, should there be one, and below its second.
const version = `${project.version}-1upstream1`;
const program = 'usr/share/mft-patch';
const documents = 'usr/share/doc/mft-patch';

/** Where what npm packs goes to; undefined for what has another form in a Debian package. */
function placeOf(path) {
  if (['LICENSE', 'CHANGELOG.md', project.man].includes(path)) return undefined;
  return /^(docs\/.*|[A-Z]+\.md)$/.test(path) ? `${documents}/${path}` : `${program}/${path}`;
}

/** Debian's Node.js is meant, not the one that comes first in the PATH of whoever runs it. */
function withDebiansNode(bytes) {
  const text = bytes.toString('latin1');
  return text.startsWith('#!/usr/bin/env node\n') ? Buffer.from(text.replace('/usr/bin/env node', '/usr/bin/node'), 'latin1') : bytes;
}

function changelog() {
  const items = ['The Debian package that mft-patch writes of itself. Its own changes are in changelog.gz.'];
  return changelogText({ package: 'mft-patch', version, items, maintainer, date });
}

/** What npm packs. */
function programFiles() {
  return packedFiles(root).flatMap((path) => (placeOf(path) === undefined ? [] : [[placeOf(path), withDebiansNode(read(path))]]));
}

const completion = (shell) => Buffer.from(output(root, process.execPath, [project.bin['mft-patch'], 'completion', shell]));
const files = new Map([
  ...programFiles(),
  [`${documents}/copyright`, Buffer.from(copyrightFile(root, program))],
  [`${documents}/changelog.gz`, gzip(read('CHANGELOG.md'))],
  [`${documents}/changelog.Debian.gz`, gzip(Buffer.from(changelog()))],
  ['usr/share/man/man1/mft-patch.1.gz', gzip(read(project.man))],
  ['usr/share/bash-completion/completions/mft-patch', completion('bash')],
  ['usr/share/zsh/vendor-completions/_mft-patch', completion('zsh')],
  ['usr/share/fish/vendor_completions.d/mft-patch.fish', completion('fish')],
]);
const fields = [
  ['Package', 'mft-patch'],
  ['Version', version],
  ['Architecture', 'all'],
  ['Maintainer', maintainer],
  ['Depends', `nodejs (${project.engines.node.replace('>=', '>= ')})`],
  ['Recommends', 'podman | docker.io | docker-ce'],
  ['Suggests', 'mmdebstrap, xz-utils'],
  ['Section', 'kernel'],
  ['Priority', 'optional'],
  [
    'Description',
    `patch NVIDIA's kernel-mft-dkms for newer kernels
 NVIDIA's (Mellanox) firmware tools need two kernel modules, which come as a
 dkms package. On a newer kernel it stops compiling, and its installation
 fails. mft-patch takes the vendor's bundle, adds patches to that package,
 rebuilds it, and verifies in containers that apt installs it, that the hook
 of a new kernel leaves it working, and that it can be removed.`,
  ],
];
const links = new Map([['usr/bin/mft-patch', `../share/mft-patch/${project.bin['mft-patch']}`]]);
const directory = process.argv[2] ?? join(root, 'dist/release');
const path = join(directory, `mft-patch_${version}_all.deb`);
mkdirSync(directory, { recursive: true });
writeFileSync(path, writeDeb(newDeb({ control: controlText(fields), scripts: {}, files, links, time: date.getTime() / 1000 })));
process.stdout.write(`${path}\n`);
