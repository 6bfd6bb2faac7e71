/** Command lines of apt-get as scripts write them, and what its simulation says. Pure. */
import { compareVersions } from '../deb/version.js';

/** How long apt waits for another one, in seconds: unattended-upgrades takes minutes. */
export const lockTimeout = 300;
/** How often dpkg is asked again meanwhile, in seconds. */
export const lockPause = 5;

/** No question is asked (debconf(7)), no service restarted (needrestart(1)), no changes are shown (apt-listchanges(1)). */
export const quietEnvironment = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1', APT_LISTCHANGES_FRONTEND: 'none' };

/** @param rest verb, flags and packages, each as a shell takes it */
export function aptGet(rest: string): string {
  return `apt-get -y -o DPkg::Lock::Timeout=${lockTimeout} ${rest}`;
}

/** Files that the user changed stay, as dpkg(1) has it; nothing is removed on the way. */
export function aptInstall(rest: string): string {
  return aptGet(`-o Dpkg::Options::=--force-confold install --no-remove ${rest}`);
}

/** The same for packages in files: the user _apt need not read their directory (apt.conf(5), APT::Sandbox). */
export function aptInstallFiles(rest: string): string {
  return aptGet(`-o APT::Sandbox::User=root -o Dpkg::Options::=--force-confold install --no-remove ${rest}`);
}

export function aptPurge(names: readonly string[]): string {
  return aptGet(`purge ${names.join(' ')}`);
}

/** `dpkg --configure -a`, which asks nothing either. */
export const configureAll = 'dpkg --force-confold --configure -a';

/** Whether a command line is one of apt-get that changes packages; then it can be simulated. */
export function isTransaction(line: string): boolean {
  return /^apt-get .*\b(install|purge)\b/.test(line);
}

/** The same without doing it: -s needs neither root nor the lock (apt-get(8)). */
export function simulated(line: string): string {
  return line.replace('apt-get ', 'apt-get -s ');
}

/** What apt would do, each with its name, and the versions before and after where there are. */
export interface Changes {
  installs: string[];
  upgrades: string[];
  downgrades: string[];
  removes: string[];
}

/** Reads what `apt-get -s` prints: `Inst NAME [OLD] (NEW …)`, `Remv NAME [OLD]`, `Purg NAME [OLD]`. */
export function readSimulation(text: string): Changes {
  const changes: Changes = { installs: [], upgrades: [], downgrades: [], removes: [] };
  for (const [, what, name = '', old, next] of text.matchAll(/^(Inst|Remv|Purg) (\S+)(?: \[([^\]]+)\])?(?: \((\S+))?/gm)) {
    if (what !== 'Inst') changes.removes.push(name);
    else if (old === undefined) changes.installs.push(name);
    else if (isBelow(next ?? old, old)) changes.downgrades.push(name);
    else changes.upgrades.push(name);
  }
  return changes;
}

function isBelow(version: string, other: string): boolean {
  try {
    return compareVersions(version, other) < 0;
  } catch {
    // What neither dpkg nor we take for a version is not compared.
    return false;
  }
}

/** Why these changes are refused: what is not ours is neither removed nor downgraded. @param own the packages that may be */
export function refusedChange({ removes, downgrades }: Changes, own: readonly string[]): string | undefined {
  const isForeign = (name: string) => !own.includes(name.replace(/:\w+$/, ''));
  const [removed, lowered] = [removes, downgrades].map((names) => names.filter(isForeign));
  if (removed && removed.length > 0) return `apt would remove ${removed.join(', ')}`;
  return lowered && lowered.length > 0 ? `apt would downgrade ${lowered.join(', ')}` : undefined;
}

/** What apt or dpkg gives as its reason, in one line: the first of its errors. */
export function reasonOf(output: string): string | undefined {
  const lines = output.split('\n');
  const found =
    lines.find((line) => /^(E: (?!Sub-process)|Error! )/.test(line)) ??
    lines.find((line) => /^(dpkg: error|E: |Failed to enroll|modprobe: |insmod: )/.test(line)) ??
    lines.findLast((line) => line.trim() !== '');
  return found?.replace(/^(E: |Error! )/, '').slice(0, 300);
}
