/** The file `copyright` of the Debian package: Policy 12.5, in the form of copyright-format 1.0. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { librariesInside, rightsOf } from './libraries.mjs';

/** A text as the value of a field: each line after a blank, and an empty one as a dot. */
function folded(text) {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}

/** Policy 12.5: these are in base-files. */
const common = {
  'Apache-2.0': 'On Debian systems, the complete text of this licence can be found in\n/usr/share/common-licenses/Apache-2.0.',
};

function paragraph(files, { license, copyright, text }) {
  return `Files: ${files}\nCopyright: ${copyright.join('\n ')}\nLicense: ${license}\n${folded(text)}\n`;
}

/** All that is in the one file of the program: our own code and its libraries. */
function programRights(root, own) {
  const libraries = librariesInside(root).map((path) => ({ name: path.replace(/^.*node_modules\//, ''), ...rightsOf(join(root, path)) }));
  const licenses = [...new Set([own.license, ...libraries.map(({ license }) => license)])];
  const texts = libraries.map(({ name, license, text }) => `${name} (${license}):\n\n${common[license] ?? text}`);
  return {
    license: licenses.join(' and '),
    copyright: [...own.copyright, ...libraries.flatMap(({ name, copyright }) => copyright.map((line) => `${line} (${name})`))],
    text: [`mft-patch (${own.license}):\n\n${own.text}`, ...texts].join('\n\n'),
  };
}

/**
 * @param root the directory of package.json
 * @param place where the program is in the package
 * @returns the text
 */
export function copyrightFile(root, place) {
  const [mit, patches] = readFileSync(join(root, 'LICENSE'), 'utf8').split('\n---\n');
  const [, copyright] = /^Copyright \(c\) (.*)$/m.exec(mit);
  const dual = {
    license: 'BSD-or-GPL-2',
    copyright: ['NVIDIA Corporation & affiliates, and Mellanox Technologies', copyright],
    text: `${patches.trim()}\n\nOn Debian systems, the complete text of the GNU General Public License\nversion 2 can be found in /usr/share/common-licenses/GPL-2.`,
  };
  const own = { license: 'MIT', copyright: [copyright], text: mit.replace(/^MIT License\n\n.*\n\n/, '').trim() };
  const head = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: mft-patch\n';
  return [
    head,
    paragraph('*', own),
    paragraph(`${place}/patches/*`, dual),
    paragraph(`${place}/build/program.cjs`, programRights(root, own)),
  ].join('\n');
}
