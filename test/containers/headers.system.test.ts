/** Prepared headers: Debian 12's own, taken from an image, as a directory and as packages. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, sample, sh } from '../support.js';
import { kernelImages, runOn } from './own-kernel.js';

const folder = makeDirectory();
const [cache, root, vendor] = ['cache', 'root', 'vendor.deb'].map((name) => join(folder, name)) as [string, string, string];
const run = (...args: string[]) => runOn(cache, ...args);
let release = '';
let tree = '';

/** Copies the headers of the target's image, as they are installed there. */
function copyHeaders(): void {
  const image = sh("docker image ls --format '{{.Repository}}:{{.Tag}}' mft-patch/debian-12 | head -n 1").trim();
  const parts = 'usr/src usr/lib/linux-kbuild-* lib/modules';
  sh(`mkdir ${root} && docker run --rm --network none ${image} sh -c 'cd / && tar -cf - ${parts}' | tar -C ${root} -xf -`);
  [release = ''] = readdirSync(join(root, 'lib/modules'));
  tree = join(root, 'usr/src', `linux-headers-${release}`);
}

/** Makes packages of them: all but the flavour's files in the second. The first has a script that must not be run. */
function makePackages(): string[] {
  sh(
    `mkdir -p flavour/DEBIAN flavour/usr/src flavour/lib common/DEBIAN common/usr/src && cp -a ${root}/lib/modules flavour/lib &&
    cp -a ${tree} flavour/usr/src && cp -a ${root}/usr/lib common/usr && cp -a ${tree.replace(/-[^-]*$/, '')}-common common/usr/src
    printf '#!/bin/sh\\nexit 1\\n' > flavour/DEBIAN/preinst; chmod 755 flavour/DEBIAN/preinst
    for name in flavour common; do
      printf 'Package: linux-headers-%s\\nVersion: 1\\nArchitecture: amd64\\nMaintainer: A <a@b>\\nDescription: x\\n' $name > $name/DEBIAN/control
      dpkg-deb --build -Zxz -z1 --root-owner-group $name $name.deb > /dev/null
    done`,
    { cwd: folder },
  );
  return ['flavour.deb', 'common.deb'].map((name) => join(folder, name));
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  beforeAll(async () => {
    writeFileSync(vendor, (await sample()).deb);
    copyHeaders();
  });
  afterAll(() =>
    sh(`echo ${kernelImages([`headers-${release}`], 'mft-patch/headers').replaceAll('\n', ' ')} | xargs --no-run-if-empty docker image rm`),
  );

  test('a directory: the package for all kernels is verified on it, and the vendor’s fails there as on its target', async () => {
    const built = await run('build', '--sample', '--headers', tree, '--verify', '--out', join(folder, 'dist'));
    expect({ ...built, document: built.document.verification }).toMatchObject({
      status: 0,
      document: { status: 'passed', kernels: [{ target: `headers-${release}`, kernel: '6.1', release, status: 'builds' }] },
    });
    expect(built.document.verification.kernels[0].steps).toEqual({ builds: true, installs: true, kernelHook: true, removes: true });
    expect(built.document.kernel.requested).toBe('all');
    // Its image is there by now.
    const failing = await run('verify', vendor, '--headers', tree, '--kernel', '6.1');
    expect(failing).toMatchObject({
      status: 1,
      document: { kernels: [{ status: 'fails', reason: expect.stringContaining('pci_unmap_single') }] },
    });
    expect(failing.stderr).not.toContain('copying');
  });

  test('packages, whose scripts are not run: the same', async () => {
    const [deb = ''] = readdirSync(join(folder, 'dist')).filter((name) => name.endsWith('.deb'));
    const { status, document, stderr } = await run('verify', join(folder, 'dist', deb), '--headers', ...makePackages());
    expect(status, stderr + JSON.stringify(document)).toBe(0);
    expect(document.kernels).toMatchObject([{ target: `headers-${release}`, release, status: 'builds' }]);
  });

  test('a kernel that disagrees is a wrong call, and nothing is begun', async () => {
    const before = kernelImages([`headers-${release}`], 'mft-patch/headers');
    const { status, document, stderr } = await run(
      'matrix',
      '--sample',
      '--headers',
      tree,
      '--kernel',
      '6.12',
      '--out',
      join(folder, 'none'),
    );
    expect({ status, code: document.code }).toEqual({ status: 2, code: 'usage' });
    expect(stderr).toMatch(/^mft-patch: --kernel 6\.12 and --headers disagree: .* is of 6\.1\.0-\d+-\w+ \(Linux 6\.1\.\d+\)\n {2}\S.*\n$/);
    expect(readdirSync(folder)).not.toContain('none');
    expect(kernelImages([`headers-${release}`], 'mft-patch/headers')).toBe(before);
  });

  test('headers that were not prepared, or whose programs do not run in the image, are unfit', async () => {
    const bad = join(folder, 'bad');
    sh(`mkdir -p ${bad}/scripts/mod ${bad}/include/config && echo 6.1.99-bad > ${bad}/include/config/kernel.release`);
    const unprepared = await run('verify', vendor, '--headers', bad);
    expect(unprepared).toMatchObject({
      status: 3,
      document: { code: 'source-unfit', detail: expect.stringContaining('scripts/mod/modpost is missing') },
    });
    expect(unprepared.stderr).toContain('built here by gcc 12');
  });
});
