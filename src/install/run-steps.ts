/** Does the steps, looks at the machine after each, and says what is left where one fails. */

import { defaultPackage } from '../default-package.js';
import type { InstallStep } from '../documents/index.js';
import type { Survey } from '../machine/examine.js';
import {
  aptPurge,
  type Changes,
  isTransaction,
  lockPause,
  lockTimeout,
  readSimulation,
  reasonOf,
  refusedChange,
  simulated,
} from './apt.js';
import { backTo, differences } from './differences.js';
import type { Command, Step } from './step.js';

/** What a command came to: its exit code as a shell counts, and what it printed. */
export interface Result {
  exitCode: number;
  output: string;
}

/** What touches the machine. */
export interface Hands {
  /** Runs a command in a shell, as root. One that asks has the terminal, and its output is empty. */
  run(command: Command): Promise<Result>;
  /** Waits, in seconds. @throws what interrupted the run */
  wait(seconds: number): Promise<void>;
  /** Looks at the machine, as doctor does. */
  look(): Promise<Survey>;
  /** Says what is done now, or was found. */
  tell(text: string): void;
  /** @throws what interrupted the run: between two commands, never within one */
  check(): void;
}

export interface Outcome {
  steps: InstallStep[];
  /** The machine as it is then. */
  facts: Survey;
  failure?: Failure;
}

export interface Failure {
  reason: string;
  fault: 'package' | 'machine';
  left: string[];
  back?: string;
}

/** What a command or a step is not: done. */
interface Stop {
  reason: string;
  /** apt was in the middle of this, all of it new packages: it can be taken back. */
  begun?: Changes;
}

const ownPackages = [defaultPackage, 'mft'];

/** A step as the document has it. */
export function listed({ id, title, commands, root, checks, undo }: Step, status: InstallStep['status']): InstallStep {
  return { id, title, commands: commands.map(({ line }) => line), root, checks, ...(undo === undefined ? {} : { undo }), status };
}

/**
 * Does the steps in their order, up to the first that fails. What that one has begun with packages that were not there before is
 * taken back; nothing else is, since it is in order by itself: it is named.
 * @param before the machine as it was
 */
export async function runSteps(steps: readonly Step[], before: Survey, hands: Hands): Promise<Outcome> {
  let facts = before;
  for (const [index, step] of steps.entries()) {
    hands.check();
    hands.tell(`${index + 1}/${steps.length} ${step.title}`);
    const stop = await runCommands(step, hands);
    facts = await hands.look();
    const wrong = stop ? undefined : step.wrong(facts);
    if (!stop && wrong === undefined) continue;
    if (isBuild(step)) await hands.run({ line: `cat /var/lib/dkms/${defaultPackage}/*/build/make.log`, mayFail: true });
    if (stop?.begun) facts = await takeBack(stop.begun, hands);
    const left = differences(before, facts);
    const back = backTo(before, facts);
    const reason = stop?.reason ?? wrong ?? '';
    const failure = { reason: `${step.id}: ${reason}`, fault: faultOf(step, stop), left, ...(back === undefined ? {} : { back }) };
    return { steps: steps.map((one, at) => listed(one, at < index ? 'done' : at === index ? 'failed' : 'not-done')), facts, failure };
  }
  return { steps: steps.map((step) => listed(step, 'done')), facts };
}

/** Whether dkms builds in it: its log goes into ours before anything is taken back. */
function isBuild({ id }: Step): boolean {
  return ['install', 'configure', 'modules', 'vendor', 'headers'].includes(id);
}

/** The package is at fault where dkms fails to build it, or the kernel to load it; else the machine. */
function faultOf({ id }: Step, stop: Stop | undefined): Failure['fault'] {
  if (stop === undefined) return ['install', 'modules', 'start', 'configure', 'vendor'].includes(id) ? 'package' : 'machine';
  return stop.begun !== undefined || ['modules', 'start'].includes(id) ? 'package' : 'machine';
}

async function runCommands(step: Step, hands: Hands): Promise<Stop | undefined> {
  for (const command of step.commands) {
    hands.check();
    const changes = isTransaction(command.line) ? await simulate(command.line, hands) : undefined;
    if (changes && 'reason' in changes) return changes;
    const { exitCode, output } = await runUnlocked(command, hands);
    if (exitCode === 0 || command.mayFail) continue;
    const reason = reasonOf(output) ?? `exits with ${exitCode}: ${command.line}`;
    // Without the lock, or where a download fails, it has begun nothing.
    const hasBegun = changes !== undefined && /^(Unpacking|Setting up|Selecting|Removing|dpkg: error)/m.test(output);
    return hasBegun ? { reason: buildReason(output) ?? reason, begun: changes } : { reason };
  }
  return undefined;
}

/**
 * dpkg does not wait for another one, as apt does: it exits (dpkg, lib/dpkg/file.c). From 1.22 on it says which program that is,
 * before it was always "another process".
 */
async function runUnlocked(command: Command, hands: Hands): Promise<Result> {
  for (let waited = 0; ; waited += lockPause) {
    const result = await hands.run(command);
    const [words] = /^dpkg: error: .*lock (was|is) locked by .*$/m.exec(result.output) ?? [];
    if (words === undefined || waited >= lockTimeout) return result;
    if (waited === 0) hands.tell(`waiting up to ${lockTimeout} s: ${words}`);
    await hands.wait(lockPause);
  }
}

/** dkms's own words for what apt only calls an error of a sub-process. */
function buildReason(output: string): string | undefined {
  return /^.*(Bad return status for module build|Error! .*).*$/m
    .exec(output)?.[0]
    .replace(/^Error! /, '')
    .slice(0, 300);
}

async function simulate(line: string, hands: Hands): Promise<Changes | Stop> {
  const { exitCode, output } = await hands.run({ line: simulated(line) });
  if (exitCode !== 0) return { reason: reasonOf(output) ?? `exits with ${exitCode}: ${simulated(line)}` };
  const changes = readSimulation(output);
  hands.tell(changeWords(changes));
  const refused = refusedChange(changes, ownPackages);
  return refused === undefined ? changes : { reason: `${refused}; nothing was done` };
}

function changeWords({ installs, upgrades, downgrades, removes }: Changes): string {
  const words = Object.entries({ installs, upgrades, downgrades, removes }).filter(([, names]) => names.length > 0);
  return words.length === 0 ? 'apt changes nothing' : `apt ${words.map(([what, names]) => `${what} ${names.join(' ')}`).join('; ')}`;
}

/** Where apt stopped half-way, and all was new: away with it, so that apt is content again. */
async function takeBack({ installs, upgrades, downgrades, removes }: Changes, hands: Hands): Promise<Survey> {
  if (installs.length > 0 && [...upgrades, ...downgrades, ...removes].length === 0) {
    hands.tell(`taking back: ${installs.join(' ')}`);
    await hands.run({ line: aptPurge(installs), mayFail: true });
  }
  return hands.look();
}
