/** A bundle as the vendor's: the sample's modules, and a stand-in for the tools, which says so in its description. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzip } from '../../src/deb/compress.js';
import { writeDeb } from '../../src/deb/deb.js';
import { newDeb, treeEntries } from '../../src/deb/new-deb.js';
import { writeTar } from '../../src/deb/tar.js';
import { projectRoot, sample } from '../support.js';

/** 2022-07-02, as the sample's. */
const time = Date.UTC(2022, 6, 2) / 1000;

export interface Bundle {
  bundle: Buffer;
  /** The vendor's package of the modules. */
  deb: Buffer;
}

/** @param layout of the sample: `flat` compiles up to Linux 5.17, `nnt-4.26` up to 6.14 */
export async function vendorBundle(layout: string): Promise<Bundle> {
  const { deb, name } = await sample(layout);
  const version = /_(.*)_/.exec(name)?.[1] ?? '';
  const mst = readFileSync(join(projectRoot, 'test/guests/mst-stand-in.sh'));
  const control = `Package: mft
Version: ${version}
Architecture: amd64
Maintainer: mft-patch <mft-patch@users.invalid>
Installed-Size: 0
Section: admin
Priority: optional
Description: stand-in for NVIDIA's MFT tools, made for the tests of mft-patch
 It has an mst of our own, which loads the modules and makes nodes in /dev/mst.
 It drives no hardware.
`;
  const tools = writeDeb(newDeb({ control, scripts: {}, files: new Map([['usr/bin/mst', mst]]), time }));
  const directory = `mft-${version}-x86_64-deb`;
  const files = new Map([
    [`${directory}/DEBS/mft_${version}_amd64.deb`, tools],
    [`${directory}/SDEBS/${name}`, deb],
  ]);
  return { bundle: gzip(writeTar(treeEntries('', { files, time }))), deb };
}
