/** The life of packages of modules in a container of a target, judged by apt, dpkg and kmod there, and by what is left. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cli } from '../cli.js';
import { imageOf } from '../containers/own-docker.js';
import { sh } from '../support.js';

export interface Built {
  /** The dkms package that the modules are from. */
  dkms: string;
  /** The package of modules. */
  modules: string;
  release: string;
}

/** Builds the sample for a target, with its modules as a package. */
export async function buildModules(out: string, target: string, ...args: string[]): Promise<Built> {
  const line = ['build', '--sample', '--kernel', target, '--modules', '--engine', 'docker', '--quiet', '--out', out, ...args];
  const { artifacts, modules } = await cli(line).prints({ verification: { status: 'passed' } });
  const path = artifacts.find((artifact: { path: string }) => basename(artifact.path) === modules[0].package).path;
  return { dkms: artifacts[0].path, modules: path, release: modules[0].release };
}

/**
 * The kernel's package is not in the images, and there is no network to fetch it: a stand-in has its name and calls depmod as it
 * does.
 */
const standIn = `release=$(head -n 1 /etc/mft-patch-release)
# Images leave out what a kernel has there; a machine does not.
rm -f /etc/dpkg/dpkg.cfg.d/kernels
mkdir -p k/DEBIAN k/lib/modules/$release/kernel
touch k/lib/modules/$release/modules.order k/lib/modules/$release/modules.builtin k/lib/modules/$release/kernel/stand-in
cat > k/DEBIAN/control <<END
Package: linux-image-$release
Version: 1
Architecture: all
Maintainer: a test <test@example.org>
Description: a stand-in for the package of a kernel
END
printf '#!/bin/sh\\ndepmod %s\\n' "$release" > k/DEBIAN/postinst
chmod 755 k/DEBIAN/postinst
dpkg-deb -b k kernel.deb > /dev/null
# The next one is as \`make bindeb-pkg\` makes it: with the indices of depmod as files, which know no module but its own.
next_kernel() {
	cp "/lib/modules/$release/"modules.* "k/lib/modules/$release/"
	sed -i 's/^Version: 1$/Version: 2/' k/DEBIAN/control
	rm k/DEBIAN/postinst
	dpkg-deb -b k kernel2.deb > /dev/null
}
`;

/** Every file with its kind, mode and owner, but for what dpkg and apt keep for themselves. */
const files = `files() {
	find / -xdev \\( -path /proc -o -path /sys -o -path /v -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /var/lib/apt \\) -prune \\
		-o -printf '%y %m %u %g %p %l\\n' | sort
}
`;

/** Whether a package is there: what dpkg knows of one that was removed depends on whether it has a postrm. */
const state = `state() {
	case $(dpkg-query -W -f '\${db:Status-Status}' "$1" 2> /dev/null) in
	'' | not-installed | config-files) echo gone ;;
	*) dpkg-query -W -f '\${db:Status-Status}\n' "$1" ;;
	esac
}
`;

/** Runs commands where \`old.deb\`, \`new.deb\` (packages of modules) and \`dkms.deb\` are, and the stand-in for the kernel as kernel.deb. */
export async function inContainer(target: string, { old, now }: { old: Built; now: Built }, commands: string): Promise<string> {
  const folder = dirname(old.modules);
  for (const [name, path] of [
    ['old.deb', old.modules],
    ['new.deb', now.modules],
    ['dkms.deb', now.dkms],
  ] as const)
    writeFileSync(join(folder, name), readFileSync(path));
  const apt = 'install() { apt-get install -y --allow-downgrades --no-install-recommends "$@"; }';
  const start = `set -eu; exec 2>&1; export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8; mkdir /v; cd /v; tar -x`;
  writeFileSync(join(folder, 'script'), `${start}\n${standIn}${files}${state}${apt}\n${commands}`);
  const image = await imageOf(target);
  return sh(`tar -c old.deb new.deb dkms.deb | docker run --rm -i --network none ${image} bash -c "$(cat script)"`, { cwd: folder });
}

/** Installed, upgraded, removed, purged: after each what there must be, and in the end what was there before. */
export const life = `install ./kernel.deb
next_kernel
files > before
install ./old.deb
modinfo -k "$release" -F filename mst_pci mst_pciconf | sed 's/^/@installed /'
echo "@vermagic $(modinfo -k "$release" -F vermagic mst_pci | cut -d ' ' -f 1)"
install ./new.deb
modinfo -k "$release" -F filename mst_pci | sed 's/^/@upgraded /'
echo "@signer $(modinfo -k "$release" -F signer mst_pci)"
install ./kernel2.deb
modinfo -k "$release" -F filename mst_pci | sed 's/^/@after an upgrade of the kernel /'
name=$(dpkg-deb -f new.deb Package)
dpkg -V "$name" | sed 's/^/@changed /'
apt-get remove -y "$name"
modinfo -k "$release" mst_pci 2> /dev/null && echo '@still there'
apt-get purge -y "$name"
files > after
diff before after | grep '^[<>]' | sed 's/^/@left /'
install ./new.deb
apt-get remove -y "linux-image-$release"
echo "@without its kernel: $(state "$name")"
find "/lib/modules/$release" -name 'mst_*' | sed 's/^/@left /'
`;

/** What a script has told with @ at the start of a line. */
export function told(output: string): string[] {
  return [...output.matchAll(/^@(.*)$/gm)].map(([, words = '']) => words);
}
