/** Makes bundles like the vendor's: a package of 110 KB unpacked, with xz members, and incompressible tools. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSample, packSample } from '../../build/bundle/sample.js';
import { directory, root, sh } from './measure.js';

/** Makes `last.tgz` and `first.tgz`, by the place of the package, and `huge.tgz`; `by-hand.sh` does in shell what a build does. */
export async function makeBundles(): Promise<void> {
  writeFileSync(join(directory, 'sample.tgz'), packSample(await loadSample('flat')).bytes);
  sh(`mkdir sample && tar xzf sample.tgz -C sample
    dpkg-deb -R sample/*/SDEBS/*.deb tree
    sed -i 's/^Version:.*/Version: 4.20.1-14/' tree/DEBIAN/control
    for i in $(seq 20); do sed "s/mst_/mst\${i}_/" tree/usr/src/*/driver_common.c tree/usr/src/*/mst_pciconf.c tree/usr/src/*/driver_common.h > tree/usr/src/kernel-mft-dkms-4.15.1/filler$i.h; done
    (cd tree && find usr -type f | xargs md5sum > DEBIAN/md5sums)
    mkdir -p b/mft/DEBS b/mft/SDEBS
    dpkg-deb -Zxz -b tree b/mft/SDEBS/kernel-mft-dkms_4.20.1-14_all.deb
    head -c 30000000 /dev/urandom > b/mft/DEBS/mft_4.20.1-14_amd64.deb
    head -c 12000000 /dev/urandom > b/mft/DEBS/mft-oem_4.20.1-14_amd64.deb
    tar -C b -czf last.tgz mft/DEBS mft/SDEBS
    tar -C b -czf first.tgz mft/SDEBS mft/DEBS`);
  // A gigabyte: the tools many times, with the package at the end.
  sh(`for i in $(seq 34); do cp b/mft/DEBS/mft_4.20.1-14_amd64.deb b/mft/DEBS/copy$i.deb; done
    tar -C b -cf - mft/DEBS mft/SDEBS | gzip -1 > huge.tgz`);
  writeFileSync(
    join(directory, 'by-hand.sh'),
    `set -e
    rm -rf hand && mkdir hand && tar xzf "$1" -C hand
    dpkg-deb -R hand/mft/SDEBS/*.deb hand/tree
    patch -s -p1 -d hand/tree/usr/src/kernel-mft-dkms-4.15.1 < ${root}patches/dma-unmap.patch
    sed -i 's/^Version: .*/&+byhand1/' hand/tree/DEBIAN/control
    (cd hand/tree && find usr -type f | xargs md5sum > DEBIAN/md5sums)
    dpkg-deb -b hand/tree hand/out.deb > hand/log
    sha256sum hand/out.deb > hand/SHA256SUMS\n`,
  );
}
