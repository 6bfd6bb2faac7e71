/** What `install` and `uninstall` print. */
import * as v from 'valibot';
import { text } from './common.js';
import { check, cure } from './doctor.js';

const step = v.object({
  id: v.pipe(
    v.picklist([
      ...(['build', 'journal', 'recover', 'lists', 'headers', 'key', 'leftovers', 'install', 'configure'] as const),
      ...(['modules', 'enrol', 'start', 'stop', 'vendor', 'remove', 'sweep'] as const),
    ]),
    v.description('which step it is'),
  ),
  title: text('what it does'),
  commands: v.pipe(v.array(v.string()), v.description('as a shell takes them, in this order; without sudo')),
  root: v.pipe(v.boolean(), v.description('they need the rights of root')),
  checks: text('what is looked at afterwards'),
  undo: v.exactOptional(text('what undoes it')),
  status: v.pipe(v.picklist(['planned', 'done', 'failed', 'not-done']), v.description('`not-done`: a step before it has failed')),
});
export type InstallStep = v.InferOutput<typeof step>;

const body = {
  status: v.pipe(
    v.picklist(['planned', 'nothing', 'done', 'reboot', 'refused', 'failed']),
    v.description('`nothing`: there is nothing to do; `reboot`: what is left comes after the next boot; `refused`: nothing was begun'),
  ),
  system: text('the distribution, as /etc/os-release names it'),
  kernel: text('the running one, as uname -r prints it'),
  root: v.pipe(v.boolean(), v.description('whether root has asked; else the steps of root go through sudo')),
  release: v.exactOptional(text('the release of MFT, where it was chosen by the card and what is installed')),
  steps: v.array(step),
  reason: v.exactOptional(text('why it was refused, or what has failed, in the words of the program that did')),
  fault: v.exactOptional(
    v.pipe(
      v.picklist(['package', 'machine']),
      v.description('what has failed: the package, which does not build or load, or the machine, as with a lock of apt'),
    ),
  ),
  log: v.exactOptional(text('the file with all that the programs printed')),
  left: v.pipe(v.array(v.string()), v.description('what is otherwise than before a run that failed; empty if nothing is')),
  back: v.exactOptional(text('the one command that goes back')),
  faults: v.pipe(v.array(check), v.description('what doctor still finds at the end, where no step of ours cures it')),
  next: v.pipe(v.array(cure), v.description('what to type next')),
};

export const installDocument = v.object({ schema: v.literal('mft-patch/install@1'), ...body });
export type InstallDocument = v.InferOutput<typeof installDocument>;

export const uninstallDocument = v.object({ schema: v.literal('mft-patch/uninstall@1'), ...body });
export type UninstallDocument = v.InferOutput<typeof uninstallDocument>;
