import { defaultPackage } from '../default-package.js';
import type { BuildDocument } from '../documents/index.js';
import { shellWord } from '../shell-word.js';

/** What to do with a package that was built, in lines. @param deb its path */
export function nextSteps(document: BuildDocument, deb: string): string[] {
  if (document.input.path.startsWith('sample:')) {
    return ['This is the sample package; it drives no hardware. For a real bundle:', '  mft-patch build mft-<version>-<arch>-deb.tgz'];
  }
  const { hold } = document;
  const install = ['Next, on the machine with the card:', `  sudo apt install ${packagePath(deb)}`];
  if (document.package !== undefined) return install;
  return [
    ...install,
    ...toolsSteps(document),
    ...(hold === undefined ? [] : [`  sudo apt-mark hold ${defaultPackage}    # DOCA has ${hold}, unpatched, which apt takes for newer`]),
    '  sudo mst start',
  ];
}

/** How the vendor's tools are installed: what was written beside the package, else what was seen in the bundle. */
function toolsSteps({ mft, input: { path: bundle, userland }, artifacts }: BuildDocument): string[] {
  const written = artifacts.slice(1).filter(({ path }) => /(^|\/)mft[_-]\d[^/]*\.deb$/.test(path));
  if (written.length > 0) return written.map(({ path }) => `  sudo apt install ${packagePath(path)}`);
  const isUnpacked = userland?.startsWith(`${bundle.replace(/\/+$/, '')}/`);
  if (userland !== undefined)
    return [`  sudo apt install ${packagePath(userland)}${isUnpacked ? '' : "    # in the vendor's bundle, unpacked"}`];
  return [`  # install the vendor's tools, the package mft of ${mft.version}-${mft.revision}, from DEBS/ of his bundle`];
}

/** A path as apt takes it for a file's and not for a package's name, as a shell's word. */
function packagePath(path: string): string {
  return shellWord(/^\.{0,2}\//.test(path) ? path : `./${path}`);
}
