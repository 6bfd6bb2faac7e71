import { fail } from '../errors.js';

/** What a kernel release string says (`uname -r`, or as much of it as a person types). */
export interface KernelRelease {
  /** The string as it was given. */
  text: string;
  /** major.minor.patch; a release candidate counts as its release, whose API it already has. */
  version: string;
  major: number;
  minor: number;
  /** The distribution whose kernels carry later APIs under an older number, where the string tells one. */
  backporter?: string;
}

// A tree with changes that are not committed puts a + at the end.
const form =
  /^([1-9]\d{0,2})\.(0|[1-9]\d{0,2})(?:\.(\d{1,5})(?=$|[-.+~_])|(?!\.\d))(?:[-.+~_][0-9A-Za-z](?:[0-9A-Za-z.+~_-]*[0-9A-Za-z])?)?\+?$/;

/** A release without a suffix, as --max-kernel takes it: major.minor, which stands for all of its patch levels, or one of these. */
export const plainRelease = /^[1-9]\d{0,2}\.(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,4}))?$/;

/** How the release strings of kernels with backports look, by distribution: in a form that bash's `=~` takes as well. */
const backporters: readonly [string, string][] = [
  // 5.4.17-2136.300.7.el8uek.x86_64
  ['\\.el[0-9]+uek([^A-Za-z0-9_]|$)', "Oracle's UEK"],
  // 5.14.0-427.13.1.el9_4.x86_64, 3.10.0-1160.el7.x86_64
  ['\\.el[0-9]+(_[0-9]+)?([.a-z_-]|$)', 'Red Hat and its rebuilds (el)'],
  // 5.14.21-150500.55.19-default, 4.12.14-122.37-default, 5.3.18-lp152.106-default
  ['^[0-9]+\\.[0-9]+\\.[0-9]+-(lp)?[0-9]+(\\.[0-9]+)+-(default|preempt|rt|azure|64kb)$', 'SUSE'],
  // 6.8.0-41-generic, 5.15.0-1033-azure: Ubuntu's ABI number and flavour, patch level always 0
  [
    '^[0-9]+\\.[0-9]+\\.0-[0-9]+-(generic|lowlatency|azure|aws|gcp|gke|ibm|kvm|oracle|oem|raspi|realtime|nvidia|xilinx)([^A-Za-z0-9_]|$)',
    'Ubuntu',
  ],
  // 6.8.12-4-pve: Proxmox builds on Ubuntu's tree
  ['-[0-9]+-pve$', 'Proxmox (from Ubuntu)'],
];

/** Matches the releases of all kernels with backports, as a POSIX extended regular expression. */
export const backportersPattern = backporters.map(([pattern]) => pattern).join('|');

/**
 * Understands a kernel release: `5.18`, `5.18-rc1`, `6.1.0-50-amd64`, `5.14.0-427.13.1.el9_4.x86_64`.
 * @throws usage for anything without at least major.minor
 */
export function parseKernelRelease(text: string): KernelRelease {
  const match = form.exec(text);
  if (!match) {
    fail({
      code: 'usage',
      detail: `invalid kernel release '${text}'`,
      hint: 'pass at least MAJOR.MINOR, e.g. 5.18 or 6.1.0-50-amd64 (see uname -r)',
    });
  }
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const backporter = backporters.find(([pattern]) => new RegExp(pattern).test(text))?.[1];
  return { text, version: `${major}.${minor}.${patch}`, major, minor, ...(backporter === undefined ? {} : { backporter }) };
}
