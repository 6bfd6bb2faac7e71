/** How two looks at one machine differ, and which command goes back. Pure. */
import { defaultPackage } from '../default-package.js';
import type { Survey } from '../machine/examine.js';
import { type InstalledPackage, isHalf, present, stateWords } from '../machine/packages.js';

/** What was not there before. */
function newNames(before: Survey, after: Survey): string[] {
  return [...after.packages.keys()].filter((name) => present(after.packages, name) && !present(before.packages, name));
}

function inWords(one: InstalledPackage | undefined): string {
  return one === undefined ? 'not installed' : `${one.version}${isHalf(one) ? `, ${stateWords(one)}` : ''}`;
}

/** A line for each thing that is otherwise. */
export function differences(before: Survey, after: Survey): string[] {
  const names = new Set([...before.packages.keys(), ...after.packages.keys()]);
  const packages = [...names].flatMap((name) => {
    const [was, is] = [inWords(present(before.packages, name)), inWords(present(after.packages, name))];
    return was === is ? [] : [`${name}: ${is} (was: ${was})`];
  });
  const states = ({ dkms }: Survey) =>
    dkms.rows.map(({ version, release, state }) => `dkms has ${version} ${state}${release === '' ? '' : ` for ${release}`}`);
  const loaded = (one: Survey) => one.loaded.modules.map((name) => `${name} is loaded`);
  const more = [...states(after), ...loaded(after)].filter((words) => ![...states(before), ...loaded(before)].includes(words));
  const key = before.key.state === after.key.state ? [] : [`the key ${after.key.path}: ${after.key.state} (was: ${before.key.state})`];
  return [...packages, ...more, ...key];
}

/** The command that goes back: new packages go, and ours by uninstall where another one was in their place. */
export function backTo(before: Survey, after: Survey): string | undefined {
  const isOtherThan = (name: string) =>
    present(before.packages, name) !== undefined && inWords(present(before.packages, name)) !== inWords(present(after.packages, name));
  const added = newNames(before, after);
  if ([defaultPackage, 'mft'].some(isOtherThan)) return 'mft-patch uninstall';
  if (added.length > 0) return `apt-get purge ${added.join(' ')}`;
  const { rows } = after.dkms;
  return rows.some(({ state }) => state !== 'installed') && before.dkms.rows.length === 0 ? 'mft-patch uninstall' : undefined;
}
