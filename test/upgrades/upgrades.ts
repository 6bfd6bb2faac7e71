/**
 * apt upgrades a kernel across one that the package does not build on, with the guard and without. In containers of Debian 12 and
 * 13 with docker; the images of these targets must be there (mft-patch image build debian-12 debian-13). It downloads the next
 * kernels, some 200 MB, and takes minutes: `npm run upgrades`.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changedPackage, source } from '../packaging/packages.js';
import { makeDirectory, runCli, sh } from '../support.js';
import { imageOf, inContainer, partsOf } from './in-container.js';

const folder = makeDirectory();
const rows: string[] = [];
const minutes = 60_000;

async function build(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCli(['build', '--no-verify', '--json', '--out', folder, ...args]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout).artifacts[0].path;
}

/** The package without the lines that guard it. */
function unguarded(path: string): string {
  const out = join(makeDirectory(), 'unguarded.deb');
  sh(
    `rm -rf tree && dpkg-deb -R '${path}' tree && sed -i '/^# mft-patch guard: /,/^# mft-patch guard ends/d' tree/usr/src/*/dkms.conf
    (cd tree && find usr -type f -exec md5sum {} + > DEBIAN/md5sums) && dpkg-deb -b tree '${out}'`,
    { cwd: folder },
  );
  return out;
}

/** The packages with the guard and without. */
interface Pair {
  guarded: string;
  unguarded: string;
}

/** Flat sources that no kernel after this one compiles. */
function planted(last: string): Promise<string> {
  const [major = 0, minor = 0] = last.split('.').map(Number);
  const lines = `#include <linux\\/version.h>\\n#if LINUX_VERSION_CODE >= KERNEL_VERSION(${major}, ${minor + 1}, 0)\\n#error "breaks here"\\n#endif`;
  return changedPackage(`sed -i '1s/^/${lines}\\n/' ${source}/mst_pci.c`);
}

/** A package for all kernels, of such sources. */
async function universal(): Promise<Pair> {
  const deb = await planted('6.1');
  return { guarded: await build('--deb', deb, '--max-kernel', '6.1'), unguarded: await build('--deb', deb) };
}

/** A package for one kernel, of such sources. */
async function baked(): Promise<Pair> {
  const path = await build('--deb', await planted('6.12'), '--kernel', '6.12', '--max-kernel', '6.12');
  return { guarded: path, unguarded: unguarded(path) };
}

const cases = [
  { target: 'debian-12', suite: 'bookworm', packages: universal },
  { target: 'debian-13', suite: 'trixie', packages: baked },
];

describe.each(cases)('$target, to the kernel of its backports', ({ target, suite, packages }) => {
  const image = `mft-patch-test/upgrade-${target}`;
  const next = `apt-get install -y -o Dir::Cache::archives=/next -t ${suite}-backports linux-image-amd64 linux-headers-amd64`;
  let pair: Pair;

  beforeAll(async () => {
    pair = await packages();
    const dockerfile = `FROM ${imageOf(target)}
      RUN uri=$(apt-get update --print-uris | sed -n "s|^'\\(.*/\\)dists/${suite}/InRelease'.*|\\1|p" | head -n 1) \\
        && echo "deb $uri ${suite}-backports main" > /etc/apt/sources.list.d/next.list && mkdir -p /next/partial && apt-get update \\
        && ${next} --no-install-recommends --download-only`;
    sh(`docker build --force-rm --tag ${image} - 2>&1`, { input: dockerfile, env: { ...process.env, DOCKER_BUILDKIT: '0' } });
    return () => void sh(`docker image rm ${image}`);
  }, 20 * minutes);

  test.each(['unguarded', 'guarded'] as const)(
    '%s',
    (kind) => {
      const start = performance.now();
      const printed = inContainer(
        image,
        { 'package.deb': pair[kind] },
        `export DEBIAN_FRONTEND=noninteractive
        # A small initrd does.
        mkdir -p /etc/initramfs-tools/conf.d && echo MODULES=list > /etc/initramfs-tools/conf.d/small
        echo "== install"; dpkg -i /in/package.deb > /log 2>&1 || { cat /log; exit 1; }; dkms status
        ${next} --no-install-recommends > /log 2>&1; code=$?; echo "== apt"; echo $code
        release=$(ls /lib/modules | sort -V | tail -n 1)
        echo "== release"; echo "$release"
        echo "== audit"; dpkg --audit | grep '^ [a-z]' | sed 's/^ \\([^ ]*\\).*/\\1/' | xargs
        echo "== boot"; ls /boot | grep -F "$release" | xargs
        echo "== status"; dkms status -k "$release"
        echo "== by hand"; dkms install kernel-mft-dkms/4.15.1 -k "$release" > /dev/null 2>&1; echo $?
        echo "== log"; tail -n 25 /log`,
      );
      const said = partsOf(printed);
      const seconds = Math.round((performance.now() - start) / 1000);
      const { release = '', apt, audit = '', boot = '' } = said;
      const hasInitrd = boot.includes(`initrd.img-${release}`);
      rows.push(
        `| ${target} | ${release} | ${kind === 'guarded' ? 'yes' : 'no'} | ${apt} | ${audit || '-'} | ${hasInitrd ? 'yes' : 'no'} | ${seconds} s |`,
      );
      expect(said.install, printed).toContain('installed');
      expect(boot).toContain(`vmlinuz-${release}`);
      // It is the package that does not build there, not dkms that does not find it.
      expect(said['by hand']).toBe('10');
      expect(said.status, printed).not.toMatch(/: (built|installed)/);
      if (kind === 'guarded') expect({ apt, audit, hasInitrd }, printed).toEqual({ apt: '0', audit: '', hasInitrd: true });
      else
        expect({ apt, audit, hasInitrd }, printed).toEqual({
          apt: '100',
          audit: expect.stringContaining(`linux-image-${release}`),
          hasInitrd: false,
        });
    },
    20 * minutes,
  );
});

afterAll(() => {
  console.log(['| target | to | guard | apt | dpkg --audit | initrd | time |', '|---|---|---|---|---|---|---|', ...rows].join('\n'));
});
