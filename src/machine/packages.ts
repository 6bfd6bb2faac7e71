/** The packages of a machine, as dpkg and apt know them. */
import type { Machine } from './machine.js';

export interface InstalledPackage {
  name: string;
  version: string;
  /** dpkg's letter: i installed, F half-configured, U unpacked, H half-installed, c only its configuration is left (dpkg-query(1)). */
  state: string;
}

/** All packages that dpkg has heard of, by name. Of several architectures the one that is installed. */
export type Packages = ReadonlyMap<string, InstalledPackage>;

/** As dpkg-query(1) takes it: its own backslashes, its own variables. */
const format = `${['db:Status-Abbrev', 'Package', 'Version'].map((name) => `\${${name}}`).join('\\t')}\\n`;

/** @returns undefined where there is no dpkg */
export async function readPackages(machine: Machine): Promise<Packages | undefined> {
  const { exitCode, stdout } = await machine.run('dpkg-query', '-W', `-f=${format}`);
  if (exitCode === 127) return undefined;
  const packages = new Map<string, InstalledPackage>();
  for (const line of stdout.split('\n')) {
    const [status = '', name = '', version = ''] = line.split('\t');
    if (name === '' || (packages.get(name)?.state ?? 'n') === 'i') continue;
    packages.set(name, { name, version, state: status[1] ?? 'n' });
  }
  return packages;
}

/** A package that is installed, however completely. */
export function present(packages: Packages, name: string): InstalledPackage | undefined {
  const found = packages.get(name);
  return found && !['n', 'c'].includes(found.state) ? found : undefined;
}

/** Whether a package is neither out nor completely in; one that waits for a trigger is in. */
export function isHalf({ state }: InstalledPackage): boolean {
  return ['F', 'U', 'H'].includes(state);
}

/** dpkg's letter in words, as dpkg -s prints them. */
export function stateWords({ state }: InstalledPackage): string {
  const words: Record<string, string> = { F: 'half-configured', U: 'unpacked, not configured', H: 'half-installed' };
  return words[state] ?? 'installed';
}

/** Of these packages those that apt could install by its lists (apt-cache(8), policy). */
export async function readCandidates(machine: Machine, names: readonly string[]): Promise<Set<string>> {
  const { stdout } = await machine.run('apt-cache', 'policy', ...names);
  const rows = [...stdout.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (.*)$/gm)];
  return new Set(rows.filter(([, , candidate]) => candidate !== '(none)').map(([, name = '']) => name));
}

/** The packages that `dpkg --audit` names as not completed; those that only lack their checksums are installed. */
export async function readAudit(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.run('dpkg', '--audit');
  const sections = stdout.split(/\n{2,}/).filter((section) => !/control\s+file/.test(section));
  const rows = [...sections.join('\n').matchAll(/^ ([a-z0-9][a-z0-9+.-]+)(?::\w+)?(?= |$)/gm)];
  return [...new Set(rows.map(([, name = '']) => name))];
}
