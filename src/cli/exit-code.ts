import type { InstallDocument, MatrixDocument, PatchesCheckDocument, ResultDocument, UninstallDocument } from '../documents/index.js';

/**
 * 1 if a verification failed, a rebuilt package differs, two packages do with `diff --exit-code`, or doctor found a fault; 5 if none
 * failed but one could not be tested or is missing; else 0.
 */
export function exitCodeOf(document: ResultDocument): number {
  switch (document.schema) {
    case 'mft-patch/build@1':
      return document.verification.status === 'failed' ? 1 : 0;
    case 'mft-patch/rebuild@1':
      return document.status === 'differs' ? 1 : 0;
    case 'mft-patch/diff@1':
      return document.exitCode && document.status === 'differs' ? 1 : 0;
    case 'mft-patch/doctor@1':
      return document.faults > 0 ? 1 : 0;
    case 'mft-patch/install@1':
    case 'mft-patch/uninstall@1':
      return ofInstall(document);
    case 'mft-patch/patches-check@1':
      return ofCheck(document);
    case 'mft-patch/verify@1':
      return ofVerdicts(document.kernels);
    case 'mft-patch/matrix@1':
      return ofVerdicts(countedCells(document).map(({ patched }) => patched));
    default:
      return 0;
  }
}

/**
 * 1 if the machine is at fault, before anything is begun or when all is done, or the package fails on it; 5 if something else was in
 * the way.
 */
function ofInstall({ status, fault, faults }: InstallDocument | UninstallDocument): number {
  if (status === 'refused') return 1;
  if (status !== 'failed') return faults.length > 0 ? 1 : 0;
  return fault === 'package' ? 1 : 5;
}

/** With `failOnTurned` what was red before is known, and does not count. */
function countedCells({ cells, failOnTurned = false }: MatrixDocument): MatrixDocument['cells'] {
  return failOnTurned ? cells.filter(({ history }) => history?.turned !== false) : cells;
}

function ofVerdicts(verdicts: readonly { status: string }[]): number {
  if (verdicts.some(({ status }) => status === 'fails')) return 1;
  return verdicts.some(({ status }) => status === 'error' || status === 'missing') ? 5 : 0;
}

/** 2 if a series is wrong by itself, as for any bad data file; 1 if it only does not apply to a package. */
function ofCheck({ faults }: PatchesCheckDocument): number {
  if (faults.length === 0) return 0;
  return faults.some((fault) => fault.of === 'series') ? 2 : 1;
}
