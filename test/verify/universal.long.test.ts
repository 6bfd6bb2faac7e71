/** One package for every kernel, as dkms 2.8, 3.0 and 3.2 treat it, and as a user lives with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MatrixDocument } from '../../src/documents/index.js';
import { makeDirectory, missing, projectRoot, runCli, sample, sh } from '../support.js';

const folder = makeDirectory();

async function build(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCli(['build', '--no-verify', '--json', '--out', folder, ...args]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout).artifacts[0].path;
}

const imageOf = (target: string) =>
  sh(`docker images --format '{{.CreatedAt}} {{.Repository}}:{{.Tag}}' mft-patch/${target} | sort | tail -n 1`).trim().split(' ').at(-1) ??
  '';

/** Runs a script in a container without network, with files beside it; gives what it printed, and must exit 0. */
function inContainer(image: string, files: Record<string, string>, script: string): string {
  const names = Object.entries(files).map(([name, path]) => `cp '${path}' in/${name};`);
  sh(`rm -rf in && mkdir in && ${names.join(' ')} true`, { cwd: folder });
  writeFileSync(join(folder, 'in/script'), script);
  return sh(`tar -C in -c . | docker run --rm -i --network none ${image} sh -c 'mkdir /in && tar -x -C /in && exec bash /in/script'`, {
    cwd: folder,
  });
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  describe('the trees that dkms builds from', () => {
    // patch(1) keeps the file as it was where the place is not the very line: nothing that make reads.
    /** make, standing before the real one, keeps dkms's tree as it is when it is first called there. */
    const snapshot = `
      mv /usr/bin/make /usr/bin/make.real
      printf '#!/bin/sh\\n[ -d /snap ] || [ ! -f dkms.conf ] || cp -a . /snap\\nexec /usr/bin/make.real "$@"\\n' > /usr/bin/make
      chmod 755 /usr/bin/make
      dpkg -i /in/package.deb > /log 2>&1 || { cat /log; exit 1; }
      cd /snap && find . -type f ! -name dkms.conf ! -path './patches/*' ! -name make.log ! -name '*.orig' | sort | xargs sha256sum`;
    // dkms 2.8.4, 3.0.10, and 3.2.2 on both sides of a break.
    test.each([
      ['debian-11', 'nnt', 'mst_backward_compatibility/mst_pci/Makefile'],
      ['debian-12', 'flat', 'mst_pciconf.c'],
      ['debian-13', 'nnt-4.26', 'misc_drivers/bf3_livefish/bf3_livefish.c'],
      ['debian-13-backports', 'nnt', 'mst_backward_compatibility/mst_pci/Makefile'],
    ])('are those of the baked package on %s, of the sample %s', async (target, layout, patched) => {
      const image = imageOf(target);
      const release = sh(`docker run --rm --network none ${image} cat /etc/mft-patch-release`).trim();
      const universal = await build('--sample', layout);
      const baked = await build('--sample', layout, '--kernel', release);
      const [a, b] = [universal, baked].map((deb) => inContainer(image, { 'package.deb': deb }, snapshot));
      expect(a).toBe(b);
      expect(a?.split('\n').length).toBeGreaterThan(6);
      // That dkms has patched it at all: the vendor's tree is another one.
      const vendor = sh(`dpkg-deb --fsys-tarfile ${universal} | tar -xO --wildcards './usr/src/kernel-mft-dkms-*/${patched}' | sha256sum`);
      expect(a).not.toContain(vendor.slice(0, 64));
    });
  });

  test('matrix --universal: one package, and of each kernel the patches that dkms applied', async () => {
    const args = ['matrix', '--sample', 'nnt', '--universal', '--kernels', 'debian-11,debian-13-backports', '--engine', 'docker', '--json'];
    const { status, stdout } = await runCli([...args, '--out', join(folder, 'matrix'), '--cache-dir', join(folder, 'cache')]);
    const { cells } = JSON.parse(stdout) as MatrixDocument;
    expect(status).toBe(0);
    expect(cells).toMatchObject([
      { target: 'debian-11', patches: ['postinst-arch', 'kernel-variable', 'ccflags'], patched: { status: 'builds' } },
      { target: 'debian-13-backports', patches: ['postinst-arch', 'kernel-variable', 'ccflags'], patched: { status: 'builds' } },
    ]);
    expect(cells[0]?.patched.artifact).toBe(cells[1]?.patched.artifact);
    expect(readFileSync(cells[1]?.patched.log ?? '', 'utf8')).toMatch(/applying patch mft-patch-ccflags\.patch/i);
  });

  describe('a life with it', () => {
    let [vendor, universal, image] = ['', '', ''];

    beforeAll(async () => {
      // As the vendor's 4.23.0: of two faults one is mended, so that it builds on 6.12 and fails on 7.x.
      writeFileSync(join(folder, 'sample.deb'), (await sample('nnt')).deb);
      const mended = ['postinst-arch', 'kernel-variable'].map((id) => `patch -p1 -F0 < ${projectRoot}patches/${id}.patch;`).join(' ');
      sh(
        `dpkg-deb -R sample.deb tree && cd tree && mv usr/src/kernel-mft-dkms-4.22.0 usr/src/kernel-mft-dkms-4.23.0
        (cd usr/src/kernel-mft-dkms-4.23.0; ${mended})
        sed -i 's/^Version: .*/Version: 4.23.0-1/' DEBIAN/control && sed -i 's/4\\.22\\.0/4.23.0/' usr/src/*/dkms.conf
        rm -f DEBIAN/md5sums && dpkg-deb -b . ../vendor.deb`,
        { cwd: folder },
      );
      vendor = join(folder, 'vendor.deb');
      universal = await build('--deb', vendor);
      // Debian 13 with its own kernel, and the packages of the next one at hand.
      image = 'mft-patch-test/two-kernels';
      const dockerfile = `FROM ${imageOf('debian-13')}
        RUN uri=$(apt-get update --print-uris | sed -n "s|^'\\(.*/\\)dists/trixie/InRelease'.*|\\1|p") \\
          && echo "deb $uri trixie-backports main" > /etc/apt/sources.list.d/next.list && mkdir -p /next/partial && apt-get update \\
          && apt-get install -y --no-install-recommends --download-only -o Dir::Cache::archives=/next linux-headers-$(dpkg --print-architecture)/trixie-backports`;
      sh(`docker build --force-rm --tag ${image} - 2>&1`, { input: dockerfile, env: { ...process.env, DOCKER_BUILDKIT: '0' } });
      return () => void sh(`docker image rm ${image}`);
    }, 900_000);

    const tools = `
      say() { echo "== $1"; }
      state() { say "$1"; dkms status; find /lib/modules -path '*updates/dkms*' -name '*.ko*' | sort; ls /var/lib/dkms /usr/src | grep kernel-mft; }
      quietly() { "$@" > /log 2>&1 || { echo "FAILED: $*"; cat /log; }; }
    `;

    test('the next kernel builds with its own patches, and nothing is left after removal', () => {
      const said = inContainer(
        image,
        { 'vendor.deb': vendor, 'universal.deb': universal },
        `${tools}
        quietly dpkg -i /in/vendor.deb; state vendor
        quietly dpkg -i /in/universal.deb; state upgraded; grep -i 'applying patch' /log
        quietly dpkg -i --force-downgrade /in/vendor.deb; state downgraded
        quietly dpkg -i /in/universal.deb
        quietly dpkg -i /next/*.deb
        next=$(ls /lib/modules | sort -V | tail -n 1)
        dkms autoinstall -k "$next" > /log 2>&1; say "autoinstall exits $?"; state next
        cat /var/lib/dkms/kernel-mft-dkms/4.23.0/$next/*/log/make.log | grep -i 'applying patch\\|^patching' | sort -u
        modinfo -F vermagic /lib/modules/$next/updates/dkms/mst_pci.ko*
        quietly dpkg -r kernel-mft-dkms; state removed
        quietly dpkg -P kernel-mft-dkms; state purged; dpkg-query -W kernel-mft-dkms 2>&1; true`,
      );
      const parts = said.split(/^== /m);
      const part = (name: string) => parts.find((text) => text.startsWith(`${name}\n`))?.slice(name.length + 1);
      expect(said).not.toContain('FAILED');
      expect(part('vendor')).toMatch(
        /^kernel-mft-dkms\/4\.23\.0, 6\.12\.\S+, x86_64: installed\n(\/lib\/modules\/6\.12\.\S+\/updates\/dkms\/mst_pci(conf)?\.ko\S*\n){2}/,
      );
      expect(part('downgraded')).toBe(part('vendor'));
      // What dkms prints of its patches, the vendor's script hides.
      expect(part('upgraded')).toBe(part('vendor'));
      expect(part('next')).toMatch(/6\.12\.\S+, x86_64: installed\n.*7\.\d+\.\S+, x86_64: installed\n/);
      expect(part('next')).toMatch(/(\/lib\/modules\/7\.\S+\/updates\/dkms\/mst_pci(conf)?\.ko\S*\n){2}/);
      expect(part('next')).toMatch(/applying patch mft-patch-ccflags\.patch/i);
      expect(part('next')).toMatch(/^7\.\S+ SMP/m);
      expect(part('removed')).toBe('');
      expect(part('purged')).toMatch(/^dpkg-query: no packages found/);
    }, 1_800_000);

    test("the vendor's package does not survive the next kernel: that is what the test can tell", () => {
      const said = inContainer(
        image,
        { 'vendor.deb': vendor },
        `${tools}
        quietly dpkg -i /in/vendor.deb
        dpkg -i /next/*.deb > /log 2>&1
        dkms autoinstall -k "$(ls /lib/modules | sort -V | tail -n 1)" > /log 2>&1; say "autoinstall exits $?"; state next`,
      );
      expect(said).toMatch(/autoinstall exits [1-9]/);
      expect(said).not.toMatch(/7\.\d+\.\S+, x86_64: installed/);
    });
  });
});
