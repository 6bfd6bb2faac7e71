/** What a package of modules is made from. */

/** Modules as dkms has built them for a kernel. */
export interface BuiltModules {
  /** As `uname -r` prints it. */
  release: string;
  /** As Debian names it. */
  architecture: string;
  /** The directory that holds `modules/` there: `usr/lib` where the kernel's own package has it so, else `lib`. */
  top: string;
  /** CONFIG_MODULE_SIG_HASH of the kernel, or sha256. */
  signatureHash: string;
  /** By file name; compressed or not, signed or not. */
  files: ReadonlyMap<string, Buffer>;
}

/** The dkms package that the modules are from. */
export interface ModulesOrigin {
  /** Its name, as in kernel-mft-dkms. */
  name: string;
  /** Its file's name. */
  file: string;
  version: string;
  sha256: string;
  /** The day of its newest content. */
  date: Date;
  /** The copyright notices of its sources. */
  notices: readonly string[];
}
