/** The JSON documents that the commands print: the contract with users. */
import type { BuildDocument, PlanDocument, RebuildDocument } from './build.js';
import type { CompletionDocument } from './completion.js';
import type { ConfigDocument } from './config.js';
import type { DiagnoseDocument } from './diagnose.js';
import type { DoctorDocument } from './doctor.js';
import type { InstallDocument, UninstallDocument } from './install.js';
import type {
  CacheDocument,
  CachePruneDocument,
  FetchDocument,
  ImagesDocument,
  KernelsDocument,
  PatchesDocument,
  ReleasesCheckDocument,
  ReleasesDocument,
} from './lists.js';
import type { MatrixDocument, MatrixListDocument } from './matrix.js';
import type { DiffDocument, ShowDocument } from './packages.js';
import type { RepoDocument } from './repo.js';
import type { VerifyDocument } from './verdict.js';
import type { EditDocument, PatchesCheckDocument, PatchesExportDocument, PatchesReportDocument, SaveDocument } from './workbench.js';

export type * from './build.js';
export type { MftVersion } from './common.js';
export type * from './completion.js';
export type * from './config.js';
export type * from './diagnose.js';
export type * from './doctor.js';
export type * from './history.js';
export type * from './install.js';
export type * from './lists.js';
export type * from './matrix.js';
export type * from './packages.js';
export type * from './repo.js';
export type * from './verdict.js';
export type * from './workbench.js';

/** What a command can result in. */
export type ResultDocument =
  | PlanDocument
  | BuildDocument
  | RebuildDocument
  | VerifyDocument
  | DiagnoseDocument
  | DoctorDocument
  | InstallDocument
  | UninstallDocument
  | DiffDocument
  | ShowDocument
  | PatchesDocument
  | KernelsDocument
  | MatrixDocument
  | MatrixListDocument
  | ImagesDocument
  | FetchDocument
  | CacheDocument
  | CachePruneDocument
  | ReleasesDocument
  | ReleasesCheckDocument
  | EditDocument
  | SaveDocument
  | PatchesCheckDocument
  | PatchesExportDocument
  | PatchesReportDocument
  | ConfigDocument
  | CompletionDocument
  | RepoDocument;
