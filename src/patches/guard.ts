/**
 * The guard: lines of dkms.conf by which dkms leaves out a kernel that the package would fail on. A build that fails in the hook
 * of a kernel's package ends with 11, and leaves that package half-configured and the kernel without an initrd. AUTOINSTALL=""
 * makes dkms 2.8 to 3.2 pass over the package; BUILD_EXCLUSIVE_KERNEL, which is for that, ends with 11 on 3.0.
 */
import Range from 'semver/classes/range.js';
import { kernelPattern } from '../kernels/range-regex.js';
import { guardMark, probeCommand } from './dkms-conf.js';
import { endsOf, rangeUpTo } from './kernel-range.js';
import type { Patch } from './patch.js';

/**
 * When dkms 2.8 and 3.0 ask AUTOINSTALL for a kernel, they read dkms.conf once for each older one that the package is built for,
 * in a function with that in its `kernelver`, or with nothing there if it is built for none. Behind that variable is the global one,
 * the kernel in question, which `unset` lays open.
 */
const kernelLines = `# kernelver may be another kernel, and the one in question the variable of this name behind it.
mft_patch_kernel=$(unset kernelver; echo "\${kernelver:-}")
if [[ -z $mft_patch_kernel || $mft_patch_kernel = "\${kernelver:-}" ]]; then
  mft_patch_kernel=\${kernelver:-} mft_patch_headers=\${kernel_source_dir:-}
else
  mft_patch_headers=/lib/modules/$mft_patch_kernel/build
fi`;

/** The last line of the guard. */
export const guardEnd = '# mft-patch guard ends';

/** Kernels that dkms leaves out. */
export interface Bound {
  /** Which kernels they are, as in `kernels >=5.18, which need dma-unmap`. */
  words: string;
  /** The kernels that are left, as the package's version says it: before5.18, from6.15, k7.3 for those up to 7.3. */
  label: string;
  /** bash that sets variables for the condition. */
  variables: string[];
  /** bash that succeeds if `$mft_patch_kernel` is one of them. */
  condition: string;
}

/** The kernels after a release, as --max-kernel takes it. */
export function boundAfter(maxKernel: string): Bound {
  return {
    words: `kernels later than ${maxKernel}`,
    label: `k${maxKernel}`,
    variables: [`mft_patch_range='${kernelPattern(upToKernel(maxKernel))}'`],
    condition: '[[ ! $mft_patch_kernel =~ $mft_patch_range ]]',
  };
}

/** The kernels up to a release; to 7.3.x for 7.3. */
function upToKernel(maxKernel: string): Range {
  const [major = 0, minor = 0, ...patch] = maxKernel.split('.').map(Number);
  return new Range(patch.length === 0 ? `<${major}.${minor + 1}.0` : `<=${maxKernel}`);
}

/**
 * The kernels for which a package is wrong that was made with or without a patch, if there are any: those that a package for
 * all kernels decides otherwise on.
 *
 * @param isInside whether the patch is in the sources; without, the fault is
 */
export function boundOf(patch: Patch, isInside: boolean): Bound | undefined {
  const { id, kernel, goodOnOlder, probe } = patch;
  const upTo = rangeUpTo(patch);
  // Either every kernel takes it, or only the headers decide.
  if (kernel.raw === '*' || (goodOnOlder && upTo.raw === '*')) return undefined;
  const range = goodOnOlder ? upTo : kernel;
  const variables = [`mft_patch_range='${kernelPattern(range)}'`];
  let takes = '[[ $mft_patch_kernel =~ $mft_patch_range ]]';
  if (!goodOnOlder && probe) {
    variables.push(`mft_patch_below='${kernelPattern(upTo)}'`);
    takes = `{ ${takes} || { [[ $mft_patch_kernel =~ $mft_patch_below ]] && ${probeCommand(patch, 'mft_patch_headers')}; }; }`;
  }
  const [which, others] = goodOnOlder ? ['kernels up to those of', 'after those of'] : ['kernels', 'other than'];
  if (!isInside) return { words: `${which} ${kernel.raw}, which need ${id}`, label: labelOf(range, true), variables, condition: takes };
  return {
    words: `kernels ${others} ${kernel.raw}, which do not take ${id}`,
    label: labelOf(range, false),
    variables,
    condition: `! ${takes}`,
  };
}

/** The kernels of a range, or those outside of it, as a version says it. */
function labelOf(kernel: Range, isOutside: boolean): string {
  const { from, before } = endsOf({ kernel });
  if (!isOutside) return [from && `from${from}`, before && `before${before}`].filter(Boolean).join('.');
  if (from === undefined) return `from${before}`;
  return before === undefined ? `before${from}` : `except${from}.to${before}`;
}

/**
 * The text of a dkms.conf that sets AUTOINSTALL to nothing for some kernels. The lines come after each of the vendor's that
 * set it, since his would win over what comes before.
 *
 * @param source name and version of the dkms source, as dkms takes them: NAME/VERSION
 * @returns the same text if there is nothing to guard
 * @throws SyntaxError if AUTOINSTALL is set in a way that ours cannot be put after
 */
export function withGuard(conf: string, bounds: readonly Bound[], source: string): string {
  if (bounds.length === 0 || !/AUTOINSTALL/.test(codeOf(conf))) return conf;
  // bash leaves it out, and makes one word of two.
  if (conf.includes('\0')) throw new SyntaxError('dkms.conf contains a NUL byte');
  const lines = conf.split('\n');
  const guard = [
    `${guardMark}with a new kernel dkms does not build this by itself for`,
    ...bounds.map(({ words }) => `#   ${words}`),
    "# since it could fail there, and leave the kernel's package half-configured. To build for one of them:",
    `#   dkms install ${source} -k RELEASE`,
    kernelLines,
    ...bounds.flatMap(({ variables, condition }) => [
      ...variables,
      // dkms also reads this without a kernel.
      `if [[ -n $mft_patch_kernel ]] && ${condition}; then AUTOINSTALL=""; fi`,
    ]),
    guardEnd,
  ];
  const guarded = lines.flatMap((line, index) => {
    if (!/AUTOINSTALL/.test(codeOf(line))) return [line];
    if (!isAssignment(line)) throw new SyntaxError(`dkms.conf sets AUTOINSTALL in an unsupported form: ${line.trim()}`);
    if (!isStatement(lines.slice(0, index))) throw new SyntaxError('dkms.conf sets AUTOINSTALL after text over several lines');
    return [line, ...guard, ...(index === lines.length - 1 ? [''] : [])];
  });
  return guarded.join('\n');
}

/** A script without its lines of comment. */
function codeOf(script: string): string {
  return script.replace(/^[ \t]*#.*$/gm, '');
}

/** Whether the line sets AUTOINSTALL to a plain value, and does nothing else. */
function isAssignment(line: string): boolean {
  return /^[ \t]*AUTOINSTALL=("[\w .-]*"|'[\w .-]*'|[\w.-]*)[ \t]*;?([ \t]+#.*)?[ \t]*\r?$/.test(line);
}

/** Whether a line after these starts a statement: no quote, bracket, here-document or continued line is open. */
function isStatement(before: readonly string[]): boolean {
  const code = codeOf(before.join('\n'));
  const count = (what: RegExp) => code.match(what)?.length ?? 0;
  const hasOpenQuote = code.split('\n').some((line) => (line.match(/["'`]/g)?.length ?? 0) % 2 === 1);
  const isContinued = /\\\r?$/.test(code.split('\n').at(-1) ?? '');
  return !hasOpenQuote && !isContinued && !code.includes('<<') && count(/\(/g) === count(/\)/g);
}
