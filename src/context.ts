/** One step of the work, reported while it is in progress. */
export interface Progress {
  /** `wait`: for something else to end; shown on a live line only. */
  step: 'download' | 'unpack' | 'image' | 'verify' | 'headers' | 'install' | 'wait';
  /** Without the name of what it is done for. */
  text: string;
  /** What it is done for, as a kernel's target. */
  of?: string;
  /** What it is done for where several are worked on at once: a kernel, and after a comma a part of its work. It stands for `of`. */
  cell?: string;
  /** The text is the end of this cell's step. */
  finished?: boolean;
  /** What it is doing at this moment; shown on a live line only. */
  detail?: string;
  /** Bytes, where the step moves bytes. */
  done?: number;
  total?: number;
}

/** Data of the user's own, which the catalogue takes beside the project's: --patches, --kernels-dir and --releases. */
export interface OwnData {
  /** Directories with a series of patches, applied after the project's in this order. */
  patches: readonly string[];
  /** A directory of further targets. */
  kernelsDir?: string;
  /** A file with further releases of MFT. */
  releases?: string;
}

/** What a command may touch of the world, handed in so that tests can hand in another. */
export interface Context {
  env: NodeJS.ProcessEnv;
  /** Aborts at Ctrl-C, SIGTERM and SIGHUP. */
  signal: AbortSignal;
  /** Where logs are kept: --cache-dir, or `$XDG_CACHE_HOME/mft-patch`. */
  cacheDir: string;
  /** The file with the digests that no catalogue has: --lock, or `mft-patch.lock` in the working directory. */
  lockfile: string;
  own: OwnData;
  /** The files that were named or read as input: no output may replace one. */
  inputs: Set<string>;
  /** No connection may be made. */
  offline: boolean;
  progress(progress: Progress): void;
  warn(text: string): void;
  /** Shown with --verbose only. */
  debug(text: string): void;
}
