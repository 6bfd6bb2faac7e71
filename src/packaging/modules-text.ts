/** What a package of modules says: its control fields, scripts and documents. */
import { changelogText } from '../deb/change.js';
import type { BuiltModules, ModulesOrigin } from './built-modules.js';
import { maintainer } from './maintainer.js';

/** Policy 5.6.1 allows fewer characters in a name than a release may have. @param dkms the name of the dkms package */
export function packageName(dkms: string, release: string): string {
  return `${dkms.replace(/-dkms$/, '')}-modules-${inName(release)}`;
}

function inName(release: string): string {
  return release.toLowerCase().replace(/[_~]/g, '-');
}

/** The packages that bring a kernel: Debian's and one's own, Debian's and Ubuntu's without a signature, Proxmox's. */
function kernelPackages(release: string): string[] {
  const name = inName(release);
  if (/-pve$/.test(name)) return [`proxmox-kernel-${name}-signed`, `proxmox-kernel-${name}`, `pve-kernel-${name}`];
  return [`linux-image-${name}`, `linux-image-${name}-unsigned`, `linux-image-unsigned-${name}`];
}

/**
 * The control fields behind Package and Version.
 *
 * The dkms package cannot be there, too: it would build the same modules again, beside these, and depmod(8) would take one or the
 * other. It is not provided: a package that provides and conflicts with the same name keeps those for other kernels out
 * (Policy 7.4).
 */
export function fieldsOf({ release, architecture, files }: BuiltModules, origin: ModulesOrigin, version: string): [string, string][] {
  const names = [...files.keys()].map((file) => file.replace(/\.ko.*$/, '')).sort();
  return [
    ['Source', `${origin.name} (${origin.version})`],
    ['Architecture', architecture],
    ['Maintainer', maintainer],
    ['Depends', `${kernelPackages(release).join(' | ')}, kmod`],
    ['Conflicts', origin.name],
    ['Replaces', origin.name],
    ['Provides', `${origin.name.replace(/-dkms$/, '-modules')} (= ${version})`],
    ['Section', 'kernel'],
    ['Priority', 'optional'],
    [
      'Description',
      [
        `kernel modules of ${origin.name} for Linux ${release}`,
        ` The modules ${names.join(', ')} for this kernel alone,`,
        ' built by dkms in a container and tested there. The machine that they are',
        ' installed on needs neither a compiler nor the headers of the kernel.',
      ].join('\n'),
    ],
  ];
}

/**
 * What dpkg runs. depmod(8) also runs by a trigger whenever a package changes a file of this kernel (deb-triggers(5)): those of
 * `make bindeb-pkg` bring modules.dep as a file, and an upgrade of one would lose these modules from it. A trigger alone is not
 * enough: configuring a package must do what its triggers would, and after a removal nothing is left to be triggered.
 */
export function scriptsOf(release: string): { scripts: Record<string, string>; triggers: string[] } {
  const postinst = `#!/bin/sh
set -e

case "$1" in
configure | triggered | abort-upgrade | abort-remove | abort-deconfigure)
	depmod '${release}'
	;;
esac
`;
  // The kernel may have been removed before: depmod would leave its indices in a directory that is nobody's.
  const postrm = `#!/bin/sh
set -e

if [ "$1" = remove ] && [ -d '/lib/modules/${release}/kernel' ]; then
	depmod '${release}' || true
fi
`;
  // dpkg compares paths as packages have them, and does not know that /lib may be a link.
  return { scripts: { postinst, postrm }, triggers: [`/lib/modules/${release}`, `/usr/lib/modules/${release}`] };
}

export function changelog({ release }: BuiltModules, { name, version: from, date }: ModulesOrigin, version: string): string {
  const items = [`Modules for Linux ${release}, built by dkms from ${name} ${from}.`];
  return changelogText({ package: packageName(name, release), version, items, maintainer, date });
}

/**
 * Policy 12.5: the notices of the sources, and the licence that each module declares (MODULE_LICENSE).
 * @param own the licence of the scripts, which are of this program
 */
export function copyright(origin: ModulesOrigin, modules: ReadonlyMap<string, Buffer>, own: string): string {
  const { name, version, sha256: digest, notices } = origin;
  const licences = [...modules].map(([file, bytes]): [string, string] => [file, licenceOf(bytes) ?? 'none']).sort();
  const hasGpl = licences.some(([, licence]) => /GPL/.test(licence));
  return [
    `The modules in this package were compiled from the sources in the package\n${name} ${version}\n(SHA-256 ${digest}).`,
    notices.length > 0
      ? `The sources have these notices:\n\n${notices.map((notice) => `  ${notice}`).join('\n')}`
      : 'The sources have no copyright notice.',
    `The modules declare these licences:\n\n${licences.map(([file, licence]) => `  ${file}: ${licence}`).join('\n')}`,
    ...(hasGpl
      ? [
          'On Debian systems, the complete text of the GNU General Public License\nversion 2 can be found in /usr/share/common-licenses/GPL-2.',
        ]
      : []),
    `The maintainer scripts are of mft-patch:\n\n${own.trim().replace(/^(?=.)/gm, '  ')}`,
  ]
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

/** What MODULE_LICENSE has put into the section .modinfo of a module. It may be the first there, behind code. */
export function licenceOf(module: Buffer): string | undefined {
  return /(?<![\w.-])license=([\x20-\x7e]+)\0/.exec(module.toString('latin1'))?.[1];
}
