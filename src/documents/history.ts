/** The history of matrices: a file of JSON lines, one for each run. */
import * as v from 'valibot';
import { mftVersion, packageName, text } from './common.js';
import { failedStep, moment } from './verdict.js';

const historyStatus = v.picklist(['builds', 'fails', 'error', 'missing']);

export const historyLine = v.object({
  schema: v.literal('mft-patch/history@1'),
  date: v.pipe(moment, v.description('when the run began')),
  program: v.exactOptional(text('the version of mft-patch')),
  cells: v.array(
    v.object({
      package: v.exactOptional(packageName),
      mft: mftVersion,
      target: v.string(),
      release: text('the release of the kernel; empty if it is not known'),
      status: v.pipe(historyStatus, v.description('that of the patched package')),
      failedStep: v.exactOptional(failedStep),
    }),
  ),
});
export type HistoryLine = v.InferOutput<typeof historyLine>;

/** Since when a cell has its status, by the runs before. */
export const cellHistory = v.object({
  since: v.pipe(
    moment,
    v.description('when the first of the runs began that gave this status in a row; runs that could not test it count for no other'),
  ),
  runs: v.pipe(v.number(), v.integer(), v.description('how many runs gave it in a row, this one among them')),
  before: v.exactOptional(v.pipe(historyStatus, v.description('the status before that; missing if there was none'))),
  turned: v.pipe(v.boolean(), v.description('it fails or could not be tested, and it was not so in the run before')),
});
export type CellHistory = v.InferOutput<typeof cellHistory>;
