/** What earlier installations have left, and what stands beside MFT. */
import { defaultPackage } from '../default-package.js';
import type { Check, Cure } from '../documents/index.js';
import { asRoot, checked } from './cures.js';
import type { Dkms } from './dkms.js';
import type { Machine } from './machine.js';
import type { ModulesPackage } from './mft.js';
import type { ModuleFile } from './module-files.js';
import { isHalf, type Packages, present, stateWords } from './packages.js';

const ofOfed = /^(mlnx-ofed-|mlnx-ofa|ofed-scripts|mlnx-tools|mlnx-nvme-dkms|iser-dkms|isert-dkms|srp-dkms|knem-dkms|mlnx-.*-dkms)/;
const ofDoca = /^doca-(host|ofed|all|networking|roce|kernel)/;
/** Whether a package is of the drivers that come with MFT as well. */
export function isOfDrivers(name: string): boolean {
  return ofOfed.test(name) || ofDoca.test(name);
}

const uninstaller = '/usr/sbin/ofed_uninstall.sh';

export interface LeftoversQuestion {
  packages: Packages;
  modules: ModulesPackage | undefined;
  dkms: Dkms;
  files: readonly ModuleFile[];
  /** The kernel is locked down: mstflint does not reach the card. */
  isLocked: boolean;
  /** Whether OFED's own uninstaller is there. */
  hasUninstaller: boolean;
}

/** Whether OFED can remove itself. */
export async function readUninstaller(machine: Machine): Promise<boolean> {
  return (await machine.place(uninstaller)) !== undefined;
}

interface Finding {
  text: string;
  cures: Cure[];
}

export function judgeLeftovers(question: LeftoversQuestion): Check {
  const faults = [brokenOfed(question), staleSources(question), strayFiles(question)].filter((finding) => finding !== undefined);
  if (faults.length > 0) {
    const text = faults.map((finding) => finding.text).join('; ');
    const cures = faults.flatMap((finding) => finding.cures);
    return checked('leftovers', 'fault', text, cures);
  }
  const { packages, modules, isLocked } = question;
  const doca = [...packages.values()].find(({ name, state }) => state === 'i' && ofDoca.test(name));
  if (doca && modules && modules.kind !== 'vendor')
    return checked('leftovers', 'note', `${doca.name} ${doca.version}: apt takes its ${defaultPackage}, unpatched, for newer`, [
      asRoot(`apt-mark hold ${defaultPackage}`),
    ]);
  const ofed = [...packages.values()].find(({ name, state }) => state === 'i' && isOfDrivers(name));
  const mstflint = present(packages, 'mstflint');
  if (mstflint) {
    const words = isLocked ? 'cannot reach the card while the kernel is locked down' : 'works without our modules, beside MFT';
    return checked('leftovers', 'ok', `none; mstflint ${mstflint.version} ${words}`);
  }
  return checked('leftovers', 'ok', ofed ? `none; ${ofed.name} ${ofed.version} is installed` : 'none');
}

/** OFED that a newer kernel has broken stops apt at each run. */
function brokenOfed({ packages, hasUninstaller }: LeftoversQuestion): Finding | undefined {
  const broken = [...packages.values()].filter((one) => isHalf(one) && isOfDrivers(one.name));
  const [first] = broken;
  if (!first) return undefined;
  const purge = asRoot(`apt purge ${broken.map(({ name }) => name).join(' ')}`, 'or install the OFED or DOCA for this kernel');
  const uninstall = asRoot(`${uninstaller} --force`, 'or install the OFED or DOCA for this kernel');
  return { text: `${first.name} is ${stateWords(first)}`, cures: [hasUninstaller ? uninstall : purge] };
}

/** Sources of dkms that are not those of the package. */
function staleSources({ modules, dkms }: LeftoversQuestion): Finding | undefined {
  const stale = [...new Map(dkms.rows.filter(({ version }) => version !== modules?.source).map((row) => [row.version, row])).values()];
  if (stale.length === 0) return undefined;
  const versions = stale.map(({ version }) => version).join(', ');
  return {
    text: `dkms has ${versions}, too`,
    cures: stale.map(({ version, state }) => {
      if (state === 'broken') return asRoot(`rm -r /var/lib/dkms/${defaultPackage}/${version}`, 'its source is gone, so that dkms cannot');
      return asRoot(`dkms remove ${defaultPackage}/${version} --all`);
    }),
  };
}

/** Modules beside those of dkms: which of both modprobe takes is not said (depmod.d(5)). Each is in the command. */
function strayFiles({ files }: LeftoversQuestion): Finding | undefined {
  const stray = files.filter(({ isOfDkms }) => !isOfDkms);
  const [first] = stray;
  if (!first) return undefined;
  const releases = [...new Set(stray.map(({ release }) => release))];
  return {
    text: `${first.path.replace(/^\/lib\/modules\/[^/]+\//, '')} is not of dkms`,
    cures: [asRoot(`rm ${stray.map(({ path }) => path).join(' ')}`), ...releases.map((release) => asRoot(`depmod ${release}`))],
  };
}
