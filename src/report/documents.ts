/** The JSON documents that the commands print, and the table and text renderers' input: the contract with users. */

export interface MftVersion {
  version: string;
  revision: string;
}

export interface PlannedPatch {
  id: string;
  sha256: string;
  status: 'selected' | 'not-selected';
  reason: string;
}

export interface PlanDocument {
  schema: 'mft-patch/plan@1';
  mft: MftVersion;
  kernel: { requested: string; version: string };
  patches: PlannedPatch[];
}

export interface BuiltPatch {
  id: string;
  sha256: string;
  status: 'applied' | 'already-applied' | 'not-needed';
  reason: string;
  /** Lines count from 1, in the file as it was before this patch. */
  hunks: { file: string; line: number; offset: number }[];
}

export interface BuildDocument {
  schema: 'mft-patch/build@1';
  mft: MftVersion;
  kernel: { requested: string; version: string };
  /** `path` is the file or URL that was read, `member` the package's path inside the bundle, empty for `--deb`. */
  input: { path: string; member: string; sha256: string; bundleSha256?: string };
  patches: BuiltPatch[];
  artifacts: { path: string; sha256: string; bytes: number }[];
  verification: { status: 'passed' | 'failed' | 'skipped'; reason?: string; kernels: KernelVerdict[] };
}

export interface ModuleVerdict {
  name: string;
  /** Path in the container, empty if there is no such file. */
  file: string;
  vermagic: string;
}

export interface KernelVerdict {
  target: string;
  /** major.minor, as the target promises. */
  kernel: string;
  /** The release that dkms built for, as `uname -r` would print it; empty if it did not come so far. */
  release: string;
  status: 'builds' | 'fails' | 'error';
  reason?: string;
  steps: { builds: boolean; installs: boolean };
  modules: ModuleVerdict[];
  /** Where dkms's make.log, after dpkg's own words, was saved; empty if nothing ran. */
  log: string;
  seconds: number;
}

export interface VerifyDocument {
  schema: 'mft-patch/verify@1';
  package: string;
  kernels: KernelVerdict[];
}

export interface PatchesDocument {
  schema: 'mft-patch/patches@1';
  patches: { id: string; sha256: string; description: string; kernel: string; mft: string; symptom: string; lastUpdate: string }[];
}

export interface KernelsDocument {
  schema: 'mft-patch/kernels@1';
  kernels: { target: string; title: string; kernel: string; image: string; headers: string }[];
}

export interface FetchDocument {
  schema: 'mft-patch/fetch@1';
  /** Where the bundle lies now. */
  path: string;
  url: string;
  sha256: string;
  bytes: number;
}

export interface ReleasesDocument {
  schema: 'mft-patch/releases@1';
  /** The newest first. */
  releases: {
    version: string;
    revision: string;
    arches: string[];
    /** The best digest known for all of its architectures; only sha256 counts as proof. */
    digest: 'sha256' | 'md5' | 'none';
    generation: 'flat' | 'nnt';
    /** The patches that some kernel needs with it. */
    patches: string[];
  }[];
}
