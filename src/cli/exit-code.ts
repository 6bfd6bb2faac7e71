import type { ResultDocument } from '../documents/index.js';

/** 1 if a verification failed or a rebuilt package differs, 5 if none failed but one could not be tested or is missing, else 0. */
export function exitCodeOf(document: ResultDocument): number {
  if (document.schema === 'mft-patch/build@1') return document.verification.status === 'failed' ? 1 : 0;
  if (document.schema === 'mft-patch/rebuild@1') return document.status === 'differs' ? 1 : 0;
  if (document.schema !== 'mft-patch/verify@1' && document.schema !== 'mft-patch/matrix@1') return 0;
  const verdicts = 'kernels' in document ? document.kernels : document.cells.map(({ patched }) => patched);
  const statuses = verdicts.map(({ status }) => status);
  if (statuses.includes('fails')) return 1;
  return statuses.some((status) => status === 'error' || status === 'missing') ? 5 : 0;
}
