/** Looks at a machine, and judges what it sees: what doctor prints, and what install begins with. */
import { archNamed, loadReleases } from '../bundle/releases.js';
import { loadPatches } from '../catalogue.js';
import type { Context } from '../context.js';
import type { Check, DoctorDocument } from '../documents/index.js';
import { fail } from '../errors.js';
import { projectText } from '../project-files.js';
import { judgeBuilt } from './built.js';
import { judgeCards, listDevices, readDevices, releaseFor } from './cards.js';
import { asRoot, checked, rebuild } from './cures.js';
import { judgeDkms, readDkms } from './dkms.js';
import { judgeEngine, readEngine } from './engine.js';
import { judgeCompiler, judgeHeaders, judgeKernel, livingKernels, readCompilers, readKernels } from './kernels.js';
import { isOfDrivers, judgeLeftovers, readUninstaller } from './leftovers.js';
import { judgeLoaded, judgeLog, readLoaded } from './loaded.js';
import type { Machine } from './machine.js';
import { breaks, judgePackage, judgeUserland, readModulesPackage, releaseName } from './mft.js';
import { readModuleFiles } from './module-files.js';
import { isHalf, present, readAudit, readPackages } from './packages.js';
import { judgeSecureBoot, judgeSigningKey, readSecureBoot, readSigningKey } from './secure-boot.js';
import { judgeSpace, readSpace } from './space.js';
import { readSystem } from './system.js';
import { readTraces, wasInterrupted } from './traces.js';

/** What a machine is, before anything is judged. All of it is read; nothing is changed. */
export type Survey = Awaited<ReturnType<typeof survey>>;

/** @throws usage for a system without dpkg; bad-catalogue for a data file of ours or the user's */
export async function survey(machine: Machine, context: Context) {
  const system = await readSystem(machine);
  const packages = (await readPackages(machine)) ?? refuseSystem(system.name);
  const { parseCards } = await import('./card-file.js');
  const [cards, releases, patches] = await Promise.all([projectText('cards.json'), loadReleases(context), loadPatches(context)]);
  const devices = await readDevices(machine, parseCards('cards.json', cards));
  // None of these depends on another.
  const [kernels, compilers, dkms, space, audit, secureBoot, key, modules, files] = await Promise.all([
    readKernels(machine, packages, system),
    readCompilers(machine),
    readDkms(machine),
    readSpace(machine),
    readAudit(machine),
    readSecureBoot(machine),
    readSigningKey(machine, system.isUbuntu),
    readModulesPackage(machine, packages),
    readModuleFiles(machine),
  ]);
  const [hasUninstaller, loaded, engine, traces, isInterrupted] = await Promise.all([
    readUninstaller(machine),
    readLoaded(machine),
    readEngine(machine, context),
    readTraces(machine),
    wasInterrupted(machine),
  ]);
  return {
    ...{ system, packages, devices, patches, kernels, compilers, dkms, space, audit, secureBoot, key, modules, files },
    ...{ hasUninstaller, loaded, engine, traces, isInterrupted },
    wanted: releaseFor(devices, releases, archNamed(system.arch) ?? 'x86_64'),
  };
}

function refuseSystem(name: string): never {
  const hint = "use the vendor's bundle for rpm systems, which has its own installer";
  return fail({ code: 'usage', detail: `doctor examines systems with dpkg (this is ${name})`, hint });
}

/** Everything about a machine in the order in which it is cured. In a container only what does not depend on that. */
export function judgeAll(facts: Survey): Check[] {
  const { system, packages, kernels, dkms, secureBoot, modules, devices, wanted, loaded } = facts;
  const hasTools = present(packages, 'mft') !== undefined;
  const kernel = judgeKernel(kernels, system.arch);
  const boot = judgeSecureBoot(secureBoot);
  const cards = judgeCards({ devices, mft: releaseHere(facts), wanted });
  if (kernels.isContainer) return [kernel, boot, cards];
  const key = judgeKey(facts);
  const own = judgePackage({ modules, ...worstKernel(facts), wanted, hasTools });
  const built = judgeModules(facts, own.status === 'fault');
  const areReady = built?.status === 'ok' && [key, own].every(({ status }) => status !== 'fault');
  return [
    kernel,
    judgeHeaders(kernels, packages),
    judgeCompiler(kernels, facts.compilers),
    judgeDkms(
      dkms,
      dkms.rows.some(({ arch }) => arch === 'amd64'),
    ),
    ...[judgeSpace(facts.space), boot, key],
    judgeLeftovers({ ...facts, isLocked: ['integrity', 'confidentiality'].includes(secureBoot.lockdown) }),
    ...[cards, own, judgeAudit(facts), ...(built ? [built] : [])],
    judgeUserland(packages, modules, own.status === 'fault' && !hasTools),
    judgeLoaded({ loaded, areReady, hasTools }),
    judgeLog(loaded, modules && areReady ? rebuild(modules.source, system.release) : []),
    judgeEngine(facts.engine),
  ];
}

function judgeKey({ key, secureBoot, dkms, packages }: Survey): Check {
  return judgeSigningKey(key, secureBoot, { dkms: dkms.version, hasMokutil: present(packages, 'mokutil') !== undefined });
}

/** The first kernel on which the vendor's package needs patches, and which; else the running one. */
function worstKernel({ system, modules, kernels, patches }: Survey): { release: string; needed: string[] } {
  const rows = livingKernels(kernels).map(({ release }) => ({
    release,
    needed: modules?.kind === 'vendor' ? breaks(modules.mft, { release, arch: system.arch }, patches) : [],
  }));
  return rows.find(({ needed }) => needed.length > 0) ?? rows[0] ?? { release: system.release, needed: [] };
}

/** The release of MFT that is installed: that of the modules, else that of the tools. */
function releaseHere({ modules, packages }: Survey): string | undefined {
  const tools = present(packages, 'mft');
  return modules?.mft ?? (tools && releaseName(tools.version));
}

function judgeModules({ kernels, modules, dkms, files, secureBoot, system }: Survey, isPackageBad: boolean): Check | undefined {
  if (!modules) return undefined;
  if (dkms.isSilent) return checked('modules', 'unknown', 'dkms does not say for which kernels they are built');
  const signsByHand = !system.isUbuntu && /^[12]\./.test(dkms.version ?? '');
  const { isEnforced } = secureBoot;
  return judgeBuilt({ kernels: livingKernels(kernels), modules, dkms, files, isEnforced, isPackageBad, signsByHand });
}

/** What dpkg has not completed, but for the packages that have their own line. */
function judgeAudit({ audit, packages, modules }: Survey): Check {
  const half = [...packages.values()].filter(isHalf).map(({ name }) => name);
  const names = [...new Set([...audit, ...half])];
  const others = names.filter((name) => name !== modules?.name && !isOfDrivers(name));
  if (others.length > 0) return checked('dpkg', 'fault', `not configured: ${others.join(', ')}`, [asRoot('dpkg --configure -a')]);
  return checked('dpkg', 'ok', names.length > 0 ? `nothing but ${names.join(', ')}` : 'every package is configured');
}

/** A machine as the document has it. */
export async function examine(machine: Machine, context: Context): Promise<DoctorDocument> {
  const facts = await survey(machine, context);
  const checks = judgeAll(facts);
  return {
    schema: 'mft-patch/doctor@1',
    ...{ system: facts.system.name, kernel: facts.system.release, arch: facts.system.arch, root: machine.uid === 0 },
    faults: checks.filter(({ status }) => status === 'fault').length,
    checks,
    devices: listDevices(facts.devices),
  };
}
