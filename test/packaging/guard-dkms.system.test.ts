/** The guard, as dkms 2.8.4, 3.0.10 and 3.2.2 take it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, runCli } from '../support.js';
import { imageOf, inContainer, partsOf } from '../upgrades/in-container.js';

const folder = makeDirectory();

async function build(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCli(['build', '--no-verify', '--json', '--out', folder, ...args]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout).artifacts[0].path;
}

describe.skipIf(missing('docker') !== '')('dkms autoinstall on a kernel that the package fails on', () => {
  const files: Record<string, string> = {};

  beforeAll(async () => {
    files['without.deb'] = await build('--sample');
    files['with.deb'] = await build('--sample', '--max-kernel', '50.0');
  });

  // dkms 2.8.4 exits 0 when a build fails.
  test.each([
    ['debian-11', '0'],
    ['debian-12', '11'],
    ['debian-13', '11'],
  ])('%s: %s without the guard, 0 with it; by hand it builds', (target, without) => {
    const printed = inContainer(
      imageOf(target),
      files,
      `release=$(head -n 1 /etc/mft-patch-release) later=99.0.0-test module=kernel-mft-dkms/4.15.1 source=/usr/src/kernel-mft-dkms-4.15.1
      mkdir /lib/modules/$later && ln -s "$(readlink -f /lib/modules/$release/build)" /lib/modules/$later/build
      # Without the vendor's postinst, which would build for all kernels at once.
      unpack() { dpkg-deb -x /in/$1.deb / && sed -i '1s/^/#error "breaks here"\\n/' $source/mst_pci.c; }
      dpkg-deb -x /in/without.deb /
      dkms add $module > /log 2>&1
      # As if it was built for the older kernel, which would take as long as everything else here.
      built=/var/lib/dkms/$module/$release/$(uname -m)/module && mkdir -p $built && touch $built/mst_pci.ko $built/mst_pciconf.ko
      echo "== built"; dkms status
      for package in without with; do
        unpack $package
        dkms autoinstall -k $later > /log 2>&1; code=$?; echo "== $package"; echo $code
      done
      sed -i '/^#error/d' $source/mst_pci.c
      dkms install $module -k $later > /log 2>&1; code=$?; echo "== by hand"; echo $code
      echo "== status"; dkms status -k $later
      echo "== log"; tail -n 5 /log`,
    );
    const said = partsOf(printed);
    expect(said.built, printed).toContain(': built');
    expect({ without: said.without, with: said.with, byHand: said['by hand'] }, printed).toEqual({ without, with: '0', byHand: '0' });
    expect(said.status).toContain(': installed');
  });
});
