/** The steps back: to the vendor's package, or to none. Pure. */
import { defaultPackage } from '../default-package.js';
import type { Survey } from '../machine/examine.js';
import { present } from '../machine/packages.js';
import { shellWord } from '../shell-word.js';
import { aptInstallFiles, aptPurge } from './apt.js';
import { faultIn } from './judged.js';
import type { Command, Step } from './step.js';

/** The vendor's own package: its file, as a shell takes it, and the version of its source. */
export interface VendorFile {
  path: string;
  version: string;
}

/** Our packages that dpkg knows, also those of which only the configuration is left. */
function ownNames({ packages }: Survey): string[] {
  return [defaultPackage, 'mft'].filter((name) => !['n', undefined].includes(packages.get(name)?.state));
}

/** @param vendor what to go back to; without it to none */
export function planUninstall(facts: Survey, vendor: VendorFile | undefined): Step[] {
  const isLoaded = facts.loaded.modules.length > 0;
  const hasTools = present(facts.packages, 'mft') !== undefined;
  const steps = vendor
    ? [stopStep(isLoaded, hasTools), vendorStep(facts, vendor), isLoaded && hasTools ? startStep() : undefined]
    : [stopStep(isLoaded, hasTools), removeStep(facts), sweepStep(facts)];
  return steps.filter((step) => step !== undefined);
}

function stopStep(isLoaded: boolean, hasTools: boolean): Step | undefined {
  if (!isLoaded) return undefined;
  const unload: Command = { line: 'modprobe -r mst_pciconf mst_pci', mayFail: true };
  return {
    id: 'stop',
    title: 'unload the modules',
    commands: [...(hasTools ? [{ line: 'mst stop', mayFail: true as const }] : []), unload],
    root: true,
    checks: 'neither module is loaded',
    wrong: ({ loaded }) => (loaded.modules.length > 0 ? `${loaded.modules.join(', ')}: in use by a program` : undefined),
    undo: hasTools ? 'mst start' : 'modprobe -a mst_pci mst_pciconf',
  };
}

function vendorStep({ modules }: Survey, { path, version }: VendorFile): Step | undefined {
  if (modules?.version === version) return undefined;
  return {
    id: 'vendor',
    title: `put the vendor's ${defaultPackage} ${version} in the place of ${modules?.version ?? 'none'}`,
    commands: [{ line: aptInstallFiles(`--allow-downgrades ${path}`) }],
    root: true,
    checks: "the package is the vendor's, and its modules are built",
    wrong: (after) =>
      after.modules?.version === version ? faultIn('package', 'modules')(after) : `still ${after.modules?.version ?? 'none'}`,
    undo: 'mft-patch install',
  };
}

function startStep(): Step {
  return {
    id: 'start',
    title: 'load the modules, and make the devices in /dev/mst',
    commands: [{ line: 'mst start' }],
    root: true,
    checks: 'mst_pci and mst_pciconf are loaded',
    wrong: (after) => (after.loaded.modules.length < 2 ? `${after.loaded.modules.join(', ') || 'neither module'} is loaded` : undefined),
    undo: 'mst stop',
  };
}

function removeStep(facts: Survey): Step | undefined {
  const names = ownNames(facts);
  if (names.length === 0) return undefined;
  // apt refuses half-installed packages, and everything after dpkg was interrupted; dpkg does not (dpkg(1), --force-remove-reinstreq).
  const isBroken = facts.isInterrupted || names.some((name) => facts.packages.get(name)?.state === 'H');
  // Of these dkms finds no source, and prerm, which asks dkms to remove it, fails.
  const broken = [...new Set(facts.dkms.rows.filter(({ state }) => state === 'broken').map(({ version }) => version))];
  const line = isBroken ? `dpkg --purge --force-remove-reinstreq ${names.join(' ')}` : aptPurge(names);
  return {
    id: 'remove',
    title: `purge ${names.join(' and ')}`,
    commands: [...broken.map((version) => ({ line: `rm -rf /var/lib/dkms/${defaultPackage}/${version}` })), { line }],
    root: true,
    checks: 'dpkg does not know them any more',
    wrong: (after) => {
      const still = ownNames(after);
      return still.length > 0 ? `${still.join(' and ')} is still there` : undefined;
    },
    undo: 'mft-patch install',
  };
}

/** Only paths that were seen are named: no pattern removes what nobody looked at. */
function sweepStep({ dkms, files, traces }: Survey): Step | undefined {
  const versions = [...new Set(dkms.rows.filter(({ state }) => state !== 'broken').map(({ version }) => version))];
  const releases = [...new Set(files.map(({ release }) => release))];
  const paths = [...files.map(({ path }) => path), ...traces].map(shellWord);
  const commands: Command[] = [
    ...versions.map((version): Command => ({ line: `dkms remove ${defaultPackage}/${version} --all`, mayFail: true })),
    ...(paths.length > 0 ? [{ line: `rm -rf ${paths.join(' ')}` }] : []),
    ...releases.map((release) => ({ line: `depmod ${release}` })),
  ];
  if (commands.length === 0) return undefined;
  return {
    id: 'sweep',
    title: 'remove what the packages leave: sources, what dkms has built, module files',
    commands,
    root: true,
    checks: 'nothing of it is in /var/lib/dkms, /usr/src and /lib/modules',
    wrong: (after) => [...after.traces, ...after.files.map(({ path }) => path)].map((path) => `${path} is still there`)[0],
  };
}
