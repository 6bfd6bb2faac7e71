/** Questions to a survey that plans and refusals share, answered by doctor's own judgements. Pure. */
import { compareVersions } from '../deb/version.js';
import type { Check } from '../documents/index.js';
import { isTooOther } from '../machine/cards.js';
import { judgeAll, type Survey } from '../machine/examine.js';
import { releaseName } from '../machine/mft.js';
import { isHalf, present } from '../machine/packages.js';

/** A line of doctor; undefined where it has none. */
export function lineOf(facts: Survey, id: Check['id']): Check | undefined {
  return judgeAll(facts).find((check) => check.id === id);
}

/** Makes what finds the first of these lines that is at fault. */
export function faultIn(...ids: Check['id'][]): (facts: Survey) => string | undefined {
  return (facts) =>
    judgeAll(facts)
      .filter(({ id, status }) => status === 'fault' && ids.includes(id))
      .map(({ id, text }) => `${id}: ${text}`)[0];
}

/** Whether the installed release does not serve a card of this machine. */
export function isOfWrongRelease({ modules, devices }: Survey): boolean {
  return modules !== undefined && devices.some(({ card }) => card !== undefined && isTooOther(card, modules.mft));
}

/** Whether the tools are missing, or of another release than the modules; those that only wait to be configured do not count. */
function lacksTools(facts: Survey): boolean {
  const tools = present(facts.packages, 'mft');
  return tools === undefined || (lineOf(facts, 'userland')?.status === 'fault' && !isHalf(tools));
}

/** Whether kernel-mft-dkms is to be installed: it is missing or at fault, or does not fit tools or card, or its source was named. */
export function isReplaced(facts: Survey, isForced: boolean): boolean {
  const { modules } = facts;
  if (isForced || !modules) return true;
  // One of ours that waits to be configured goes on by itself, but for the tools that were to come with it.
  if (isHalf(modules)) return modules.kind === 'vendor' || lacksTools(facts);
  return isOfWrongRelease(facts) || lacksTools(facts) || lineOf(facts, 'package')?.status === 'fault';
}

/**
 * The release to install: that of what is installed, if it serves the cards, of modules and tools the newer one; else the
 * newest that does.
 * @returns undefined without a card, or if no known release serves all
 */
export function releaseToInstall({ modules, packages, devices, wanted }: Survey): string | undefined {
  const tools = present(packages, 'mft');
  const installed = [...(modules ? [modules.mft] : []), ...(tools ? [releaseName(tools.version)] : [])]
    .filter((release) => !devices.some(({ card }) => card !== undefined && isTooOther(card, release)))
    .sort(compareVersions);
  return installed.at(-1) ?? wanted;
}
