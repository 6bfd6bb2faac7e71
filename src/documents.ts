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
  /** In a universal package: what dkms matches a kernel's release with to apply the patch (PATCH_MATCH); empty for always. */
  match?: string;
}

export interface BuildDocument {
  schema: 'mft-patch/build@1';
  mft: MftVersion;
  /** `requested` is `all` for a universal package, whose `version` is empty. */
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
  /** `loads` is there if the kernel was booted. */
  steps: { builds: boolean; installs: boolean; loads?: boolean };
  boot?: BootVerdict;
  modules: ModuleVerdict[];
  /** The patches that dkms itself applied, by its log: those of a universal package that the kernel asks for. */
  patches: string[];
  /** Where dkms's make.log, after dpkg's own words, was saved; empty if nothing ran. */
  log: string;
  seconds: number;
}

/** What a boot of the kernel has shown of the modules. */
export interface BootVerdict {
  /** `error`: nothing is known of the modules. */
  status: 'loads' | 'fails' | 'error';
  reason?: string;
  modules: {
    name: string;
    /** How often it was loaded, and gone again; two are wanted of each. */
    loaded: number;
    unloaded: number;
    /** The character devices that it registered, as `major name`. */
    devices: string[];
    /** What an ioctl on each of them was answered with, in the words of strerror(3). */
    answers: string[];
  }[];
  /** Where the console was saved; empty if nothing was booted. */
  console: string;
  seconds: number;
}

export interface VerifyDocument {
  schema: 'mft-patch/verify@1';
  package: string;
  kernels: KernelVerdict[];
}

/** What became of one package on one kernel. */
export interface CellVerdict {
  /** `error`: it could not be tried. */
  status: 'builds' | 'fails' | 'error';
  /** The compiler's words, or what kept it from being tried. */
  reason?: string;
  seconds: number;
  /** Where the whole log was saved; empty if nothing ran. */
  log: string;
  /** What became of its modules on the booted kernel, if that was asked for and they were built. */
  loads?: BootVerdict['status'];
}

export interface MatrixCell {
  target: string;
  /** major.minor. */
  kernel: string;
  /** The release that dkms built for; empty if it did not come so far. */
  release: string;
  /** The patches inside the package, in the order of the series. */
  patches: string[];
  /** The vendor's own package, if it was asked for. */
  vendor?: CellVerdict;
  /** `artifact` is the package's path; empty if it could not be made. */
  patched: CellVerdict & { artifact: string };
}

export interface MatrixDocument {
  schema: 'mft-patch/matrix@1';
  mft: MftVersion;
  cells: MatrixCell[];
}

export interface PatchesDocument {
  schema: 'mft-patch/patches@1';
  patches: { id: string; sha256: string; description: string; kernel: string; mft: string; symptom: string; lastUpdate: string }[];
}

export interface KernelsDocument {
  schema: 'mft-patch/kernels@1';
  kernels: {
    target: string;
    title: string;
    /** major.minor; the oldest to be expected if `rolling`. */
    kernel: string;
    rolling: boolean;
    image: string;
    suites: string[];
    headers: string;
    /** The engines that the project's CI tries it with; empty if it never was. */
    tried: string[];
  }[];
}

export interface MatrixListDocument {
  schema: 'mft-patch/matrix-list@1';
  format: 'text' | 'github';
  kernels: string[];
}

export interface ImagesDocument {
  schema: 'mft-patch/image@1';
  engine: string;
  /** `target` and `release` are empty for a base image. `size` as the engine words it. */
  images: { image: string; target: string; release: string; size: string }[];
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
