/** Checks and cures, as they are made. */
import { mftNumber } from '../bundle/mft-number.js';
import { defaultPackage } from '../default-package.js';
import type { Check, Cure } from '../documents/index.js';

/** A line of doctor. */
export function checked(id: Check['id'], status: Check['status'], text: string, cures: Cure[] = []): Check {
  return { id, status, text, cures };
}

/** What root types. */
export function asRoot(command: string, note?: string): Cure {
  return { command, root: true, ...(note === undefined ? {} : { note }) };
}

/** What anybody types. */
export function asUser(command: string, note?: string): Cure {
  return { command, root: false, ...(note === undefined ? {} : { note }) };
}

/**
 * Both packages of a release of MFT, made and installed.
 * @param release as in 4.20.1-14
 * @param flags more for apt
 */
export function installMft(release: string, flags = ''): Cure[] {
  const number = mftNumber(release) ?? release;
  return [
    asUser(`mft-patch build --mft ${release} --with-userland`),
    asRoot(`apt install ${flags}./dist/${defaultPackage}_${number}*.deb ./dist/mft_${number}*.deb`),
  ];
}

/** The package of the modules alone, made and installed. */
export function installModules(release: string): Cure[] {
  const number = mftNumber(release) ?? release;
  return [asUser(`mft-patch build --mft ${release}`), asRoot(`apt install ./dist/${defaultPackage}_${number}*.deb`)];
}

/** dkms builds again for one kernel: `install --force` alone would take what was built before. */
export function rebuild(version: string, release: string): Cure[] {
  const source = `${defaultPackage}/${version}`;
  return [asRoot(`dkms remove ${source} -k ${release}`), asRoot(`dkms install ${source} -k ${release}`)];
}
