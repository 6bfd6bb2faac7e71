/** The steps from a machine as it is to loaded modules: pure, by the same facts and judgements as doctor's lines. */
import { defaultPackage } from '../default-package.js';
import type { Survey } from '../machine/examine.js';
import { isHalf, present } from '../machine/packages.js';
import { aptInstallFiles, configureAll } from './apt.js';
import { faultIn, isReplaced, lineOf } from './judged.js';
import { enrolStep, isKeyInTheWay, keyStep } from './key.js';
import { packagesLacking } from './lacking.js';
import type { PackagePaths, Step } from './step.js';

/** What is wanted. */
export interface Wish {
  /** How the packages are made, as a shell takes it; undefined where they are there. */
  build: string | undefined;
  paths: PackagePaths;
  /** The source was named: its packages are installed also where nothing is wrong. */
  isForced: boolean;
  /** An older release is meant: one that serves the card. */
  mayDowngrade: boolean;
}

/** All steps, in the order in which they are done; none if there is nothing to do. */
export function planInstall(facts: Survey, wish: Wish): Step[] {
  const replaces = isReplaced(facts, wish.isForced);
  const key = keyStep(facts);
  const steps = [
    replaces && wish.build !== undefined ? buildStep(wish.build) : undefined,
    facts.isInterrupted ? journalStep() : undefined,
    replaces ? recoverStep(facts, wish) : undefined,
    ...packagesLacking(facts),
    key,
    ...leftoversStep(facts),
    replaces ? installStep(wish) : undefined,
    configureStep(facts, replaces),
    replaces ? undefined : modulesStep(facts),
    enrolStep(facts),
  ].filter((step) => step !== undefined);
  const start = startStep(facts, wish, replaces);
  return start ? [...steps, start] : steps;
}

function buildStep(build: string): Step {
  return {
    id: 'build',
    title: `build ${defaultPackage} for every kernel, as a user`,
    commands: [{ line: build }],
    root: false,
    checks: 'the package is written, and verified in a container where an engine is there',
    wrong: () => undefined,
  };
}

function journalStep(): Step {
  return {
    id: 'journal',
    title: 'let dpkg end what was interrupted',
    commands: [{ line: configureAll, mayFail: true }],
    root: true,
    checks: 'dpkg has nothing unfinished in its journal',
    wrong: ({ isInterrupted }) => (isInterrupted ? 'dpkg is still interrupted' : undefined),
  };
}

/**
 * apt configures what is half-configured before anything else, and fails there again; and the hook of the headers lets dkms build
 * what is there, which fails them, too. So the package is replaced by dpkg before that.
 */
function recoverStep(facts: Survey, { paths }: Wish): Step | undefined {
  const { modules } = facts;
  if (!modules || !(isHalf(modules) || packagesLacking(facts).length > 0)) return undefined;
  return {
    id: 'recover',
    title: `put the patched package in the place of ${modules.version}, which would stop apt`,
    commands: [{ line: `dpkg --unpack ${paths.modules}` }],
    root: true,
    checks: 'the package is no longer the one that does not build',
    // A package of ours that an earlier run has left half-configured may be the same one: then dpkg has unpacked it again.
    wrong: (after) => (after.modules?.version === modules.version && after.modules.state !== 'U' ? `still ${modules.version}` : undefined),
    undo: `dpkg --purge --force-remove-reinstreq ${defaultPackage}`,
  };
}

/** dkms sources and module files of MFT that are not those of the package; what other packages left is refused before. */
function leftoversStep(facts: Survey): Step[] {
  const line = lineOf(facts, 'leftovers');
  if (line?.status !== 'fault') return [];
  return [
    {
      id: 'leftovers',
      title: `remove what earlier installations left: ${line.text}`,
      commands: line.cures.map(({ command }) => ({ line: command })),
      root: true,
      checks: 'nothing of them is left',
      wrong: faultIn('leftovers'),
    },
  ];
}

function installStep({ paths, mayDowngrade }: Wish): Step {
  const words = [paths.modules, ...(paths.tools === undefined ? [] : [paths.tools])].join(' ');
  return {
    id: 'install',
    title: `install ${defaultPackage}${paths.tools === undefined ? '' : ' and mft, of one release'}; dkms builds the modules`,
    commands: [{ line: aptInstallFiles(`${mayDowngrade ? '--allow-downgrades ' : ''}${words}`) }],
    root: true,
    checks: 'dkms status says installed for the running and the newest kernel, and the files are there',
    wrong: faultIn('package', 'modules', ...(paths.tools === undefined ? [] : (['userland'] as const))),
    undo: `apt-get purge ${defaultPackage}${paths.tools === undefined ? '' : ' mft'}`,
  };
}

/** What waits for its configuration beside the vendor's package: a kernel whose hook has failed, or our package without headers. */
function configureStep(facts: Survey, replaces: boolean): Step | undefined {
  const isWaiting = facts.modules !== undefined && isHalf(facts.modules) && !replaces;
  if (!isWaiting && lineOf(facts, 'dpkg')?.status !== 'fault') return undefined;
  return {
    id: 'configure',
    title: 'configure what waits for it',
    commands: [{ line: configureAll }],
    root: true,
    checks: 'dpkg --audit names nothing',
    wrong: faultIn('dpkg', 'package'),
  };
}

function modulesStep(facts: Survey): Step | undefined {
  const line = lineOf(facts, 'modules');
  if (line?.status !== 'fault') return undefined;
  return {
    id: 'modules',
    title: `build the modules: ${line.text}`,
    commands: line.cures.filter(({ root }) => root).map(({ command }) => ({ line: command })),
    root: true,
    checks: 'dkms status says installed for the running and the newest kernel, and the files are there',
    wrong: faultIn('modules'),
  };
}

function startStep(facts: Survey, { paths }: Wish, replaces: boolean): Step | undefined {
  const { loaded, kernels, packages } = facts;
  const isDone = lineOf(facts, 'loaded')?.status === 'ok';
  // Another kernel, or the key on the blue screen: what is left comes after the reboot.
  if ((isDone && !replaces) || !kernels.running.hasModules || isKeyInTheWay(facts)) return undefined;
  const hasTools = present(packages, 'mft') !== undefined || (replaces && paths.tools !== undefined);
  const line = !hasTools ? 'modprobe -a mst_pci mst_pciconf' : loaded.modules.length > 0 && replaces ? 'mst restart' : 'mst start';
  return {
    id: 'start',
    title: 'load the modules, and make the devices in /dev/mst',
    commands: [{ line }],
    root: true,
    checks: 'mst_pci and mst_pciconf are loaded',
    wrong: (after) => (after.loaded.modules.length < 2 ? `${after.loaded.modules.join(', ') || 'neither module'} is loaded` : undefined),
    undo: hasTools ? 'mst stop' : 'modprobe -r mst_pciconf mst_pci',
  };
}
