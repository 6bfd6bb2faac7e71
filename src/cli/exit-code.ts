import type { PatchesCheckDocument, ResultDocument } from '../documents/index.js';

/** 1 if a verification failed or a rebuilt package differs, 5 if none failed but one could not be tested or is missing, else 0. */
export function exitCodeOf(document: ResultDocument): number {
  if (document.schema === 'mft-patch/build@1') return document.verification.status === 'failed' ? 1 : 0;
  if (document.schema === 'mft-patch/rebuild@1') return document.status === 'differs' ? 1 : 0;
  if (document.schema === 'mft-patch/patches-check@1') return ofCheck(document);
  if (document.schema !== 'mft-patch/verify@1' && document.schema !== 'mft-patch/matrix@1') return 0;
  const verdicts = 'kernels' in document ? document.kernels : document.cells.map(({ patched }) => patched);
  const statuses = verdicts.map(({ status }) => status);
  if (statuses.includes('fails')) return 1;
  return statuses.some((status) => status === 'error' || status === 'missing') ? 5 : 0;
}

/** 2 if a series is wrong by itself, as for any bad data file; 1 if it only does not apply to a package. */
function ofCheck({ faults }: PatchesCheckDocument): number {
  if (faults.length === 0) return 0;
  return faults.some((fault) => fault.of === 'series') ? 2 : 1;
}
