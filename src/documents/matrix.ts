/** What `matrix` prints and writes. */
import * as v from 'valibot';
import { mftVersion, packageName, seconds, text } from './common.js';
import { cellHistory } from './history.js';
import { accel, failedStep, loads, moment, notTested, provenance, reuse, tools } from './verdict.js';

const cellVerdict = v.object({
  status: v.pipe(
    v.picklist(['builds', 'fails', 'error', 'missing']),
    v.description('error: it could not be tested; missing: the kernel was expected, and none of the merged results has it'),
  ),
  reason: v.exactOptional(text("the compiler's words, or why it could not be tested")),
  seconds,
  log: text('where the whole log was saved; empty if nothing ran'),
  loads: v.exactOptional(
    v.pipe(loads, v.description('what became of the modules on the booted kernel, if they were built and --boot was given')),
  ),
  works: v.exactOptional(
    v.pipe(
      v.picklist(['works', 'fails', 'error']),
      v.description('whether the driver answers on the booted kernel as it must, if its modules were loaded'),
    ),
  ),
  failedStep: v.exactOptional(failedStep),
  notTested: v.exactOptional(notTested),
  on: v.exactOptional(v.pipe(provenance, v.description('what this is a verdict on; missing if nothing ran'))),
  accel,
  tools: v.exactOptional(tools),
  ...reuse,
});
export type CellVerdict = v.InferOutput<typeof cellVerdict>;

/** Which release a cell is of, where the result has several. */
const ofRelease = {
  package: v.exactOptional(packageName),
  mft: v.exactOptional(v.pipe(mftVersion, v.description('the release of this cell, where the result is of several'))),
};

const matrixCell = v.object({
  ...ofRelease,
  target: v.string(),
  requested: v.exactOptional(text('what --kernel must say to test this kernel again; empty for that of --kernel-source')),
  kernel: text('major.minor'),
  release: text('the release that dkms built for; empty if it did not get that far'),
  patches: v.pipe(v.array(v.string()), v.description('the patches that act on this kernel, in the order of the series')),
  vendor: v.exactOptional(v.pipe(cellVerdict, v.description("the vendor's own package, with --baseline"))),
  patched: v.object({ ...cellVerdict.entries, artifact: text("the package's path; empty if it could not be built") }),
  history: v.exactOptional(v.pipe(cellHistory, v.description('since when the patched package has its status, with --history'))),
});
export type MatrixCell = v.InferOutput<typeof matrixCell>;

const maxKernel = text('the last kernel that the package for all kernels is proven for; what --max-kernel of build takes');

export const matrixDocument = v.object({
  schema: v.literal('mft-patch/matrix@1'),
  package: v.exactOptional(packageName),
  mft: v.pipe(mftVersion, v.description('of several releases the first; each cell then has its own')),
  date: v.exactOptional(v.pipe(moment, v.description('when the run began; of several runs the first'))),
  seconds: v.exactOptional(v.pipe(seconds, v.description('how long the run took; of several runs the sum'))),
  maxKernel: v.exactOptional(maxKernel),
  releases: v.exactOptional(
    v.pipe(
      v.array(v.object({ package: v.exactOptional(packageName), mft: mftVersion, maxKernel: v.exactOptional(maxKernel) })),
      v.description('the releases, in their order; missing if there is one only'),
    ),
  ),
  failOnTurned: v.exactOptional(v.pipe(v.boolean(), v.description('the exit code counts only what turned, with --fail-on-turned'))),
  cells: v.array(matrixCell),
});
export type MatrixDocument = v.InferOutput<typeof matrixDocument>;

export const matrixListDocument = v.object({
  schema: v.literal('mft-patch/matrix-list@1'),
  format: v.picklist(['text', 'github']),
  kernels: v.array(v.string()),
});
export type MatrixListDocument = v.InferOutput<typeof matrixListDocument>;
