/** The documents of install and uninstall, as both are made. Pure. */
import type { Cure, InstallDocument, UninstallDocument } from '../documents/index.js';
import { asRoot } from '../machine/cures.js';
import { judgeAll, type Survey } from '../machine/examine.js';
import { needsReboot, nextSteps } from './next.js';
import type { Refusal } from './refusal.js';
import { listed, type Outcome } from './run-steps.js';
import type { Step } from './step.js';

/** All but its schema. */
export type Body = Omit<InstallDocument, 'schema'>;

/** What a document begins with. */
export interface Head {
  facts: Survey;
  uid: number;
  release?: string | undefined;
}

function headOf({ facts: { system }, uid, release }: Head): Pick<Body, 'system' | 'kernel' | 'root' | 'release' | 'left' | 'faults'> {
  return {
    system: system.name,
    kernel: system.release,
    root: uid === 0,
    left: [],
    faults: [],
    ...(release === undefined ? {} : { release }),
  };
}

export function refusedBody(head: Head, { reason, cures }: Refusal): Body {
  return { ...headOf(head), status: 'refused', steps: [], reason, next: cures };
}

export function plannedBody(head: Head, steps: readonly Step[]): Body {
  return { ...headOf(head), status: 'planned', steps: steps.map((step) => listed(step, 'planned')), next: [] };
}

/** @param isBack what is next concerns a card that is set up, and nobody who goes back */
export function nothingBody(head: Head, isBack: boolean): Body {
  return { ...headOf(head), ...endOf(head.facts, isBack, 'nothing'), steps: [] };
}

/** What a run came to. @param log where all that was printed is */
export function ranBody(head: Head, { steps, facts, failure }: Outcome, { log, isBack }: { log: string; isBack: boolean }): Body {
  const begin = { ...headOf(head), steps };
  if (!failure) return { ...begin, ...endOf(facts, isBack, 'done'), log };
  const { reason, fault, left, back } = failure;
  const next = fault === 'package' ? [causeOf(reason, log)] : [];
  return { ...begin, status: 'failed', reason, fault, log, left, ...(back === undefined ? {} : { back }), next };
}

/** What says more about a package that does not build or load. */
function causeOf(reason: string, log: string): Cure {
  if (/Key was rejected/.test(reason))
    return asRoot('mft-patch doctor', 'which key the modules are signed with, and whether the kernel has it');
  return asRoot(`mft-patch diagnose ${log}`, 'what broke, and the patch for it');
}

/** What is left when all steps are done: what comes after a reboot, or what doctor still finds. */
function endOf(facts: Survey, isBack: boolean, status: 'nothing' | 'done'): Pick<Body, 'status' | 'faults' | 'next'> {
  if (isBack) return { status, faults: [], next: [] };
  if (needsReboot(facts)) return { status: 'reboot', faults: [], next: nextSteps(facts) };
  // Without a card only what was named is installed: that it is missing is known.
  const faults = judgeAll(facts).filter(({ id, status }) => status === 'fault' && (id !== 'cards' || facts.devices.length > 0));
  return { status, faults, next: faults.length > 0 ? faults.flatMap(({ cures }) => cures) : nextSteps(facts) };
}

/** What root has done for a user: what comes next is typed by that user. */
export function askedByUser<Document extends InstallDocument | UninstallDocument>(document: Document): Document {
  return { ...document, root: false };
}
