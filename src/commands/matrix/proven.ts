import type { MatrixCell } from '../../documents/index.js';

/**
 * The last kernel that a package is proven for, for --max-kernel: the newest on which it builds.
 *
 * @returns undefined if it builds on none, or fails on that or an older one
 */
export function provenUpTo(cells: readonly Pick<MatrixCell, 'kernel' | 'patched'>[]): string | undefined {
  const withStatus = (status: string) => cells.filter(({ kernel, patched }) => /^\d+\.\d+$/.test(kernel) && patched.status === status);
  const newest = withStatus('builds')
    .map(({ kernel }) => kernel)
    .sort((a, b) => place(b) - place(a))[0];
  const isProven = newest !== undefined && !withStatus('fails').some(({ kernel }) => place(kernel) <= place(newest));
  return isProven ? newest : undefined;
}

/** Major.minor as a number that grows with it. */
function place(kernel: string): number {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major * 1000 + minor;
}
