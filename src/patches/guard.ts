/**
 * The guard: lines of dkms.conf by which dkms leaves out a kernel that the package would fail on. A build that fails in the hook
 * of a kernel's package ends with 11, and leaves that package half-configured and the kernel without an initrd. AUTOINSTALL=""
 * makes dkms 2.8 to 3.2 pass over the package; BUILD_EXCLUSIVE_KERNEL, which is for that, ends with 11 on 3.0.
 */
import Range from 'semver/classes/range.js';
import { kernelPattern } from '../kernels/range-regex.js';
import { backportersPattern } from '../kernels/release.js';
import { probeCommand } from './dkms-conf.js';
import type { Patch } from './patch.js';
import { belowRange } from './select.js';

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

/** Kernels that dkms leaves out. */
export interface Bound {
  /** Which kernels they are, as in `kernels >=5.18, which need dma-unmap`. */
  words: string;
  /** bash that sets variables for the condition. */
  variables: string[];
  /** bash that succeeds if `$mft_patch_kernel` is one of them. */
  condition: string;
}

const [begin, end] = ['# mft-patch guard: ', '# mft-patch guard ends'];

/** The kernels after a release, as --max-kernel takes it. */
export function boundAfter(maxKernel: string): Bound {
  return {
    words: `kernels later than ${maxKernel}`,
    variables: [`mft_patch_range='${kernelPattern(rangeUpTo(maxKernel))}'`],
    condition: '[[ ! $mft_patch_kernel =~ $mft_patch_range ]]',
  };
}

/** The kernels up to a release; to 7.3.x for 7.3. */
function rangeUpTo(maxKernel: string): Range {
  const [major = 0, minor = 0, ...patch] = maxKernel.split('.').map(Number);
  return new Range(patch.length === 0 ? `<${major}.${minor + 1}.0` : `<=${maxKernel}`);
}

/**
 * The kernels for which a package is wrong that was made with or without a patch, if there are any. They are those that a
 * package for all kernels decides otherwise on; where the patched source is good on older kernels, too, they are not.
 *
 * @param isInside whether the patch is in the sources; without, the fault is
 */
export function boundOf(patch: Patch, isInside: boolean): Bound | undefined {
  const { id, kernel, goodOnOlder } = patch;
  // Only the headers decide.
  if (kernel.raw === '*') return undefined;
  const below = belowRange(patch);
  if (isInside && goodOnOlder) {
    if (!hasUpperEnd(kernel)) return undefined;
    return {
      words: `kernels after those of ${kernel.raw}, which do not take ${id}`,
      variables: [`mft_patch_range='${kernelPattern(new Range(`${kernel.raw} || ${below.raw}`))}'`],
      condition: '[[ ! $mft_patch_kernel =~ $mft_patch_range ]]',
    };
  }
  const variables = [`mft_patch_range='${kernelPattern(kernel)}'`];
  let needs = '[[ $mft_patch_kernel =~ $mft_patch_range ]]';
  if (goodOnOlder || patch.probe) {
    variables.push(`mft_patch_below='${kernelPattern(below)}'`, `mft_patch_backports='${backportersPattern}'`);
    const asked = goodOnOlder ? '' : ` && ${probeCommand(patch, 'mft_patch_headers')}`;
    needs = `{ ${needs} || { [[ $mft_patch_kernel =~ $mft_patch_backports && $mft_patch_kernel =~ $mft_patch_below ]]${asked}; }; }`;
  }
  return isInside
    ? { words: `kernels other than ${kernel.raw}, which do not take ${id}`, variables, condition: `! ${needs}` }
    : { words: `kernels ${kernel.raw}, which need ${id}`, variables, condition: needs };
}

function hasUpperEnd({ set }: Range): boolean {
  return !set.some((comparators) => comparators.every(({ operator }) => operator === '>=' || operator === '>'));
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
    `${begin}with a new kernel dkms does not build this by itself for`,
    ...bounds.map(({ words }) => `#   ${words}`),
    "# since it could fail there, and leave the kernel's package half-configured. To build for one of them:",
    `#   dkms install ${source} -k RELEASE`,
    kernelLines,
    ...bounds.flatMap(({ variables, condition }) => [
      ...variables,
      // dkms also reads this without a kernel.
      `if [[ -n $mft_patch_kernel ]] && ${condition}; then AUTOINSTALL=""; fi`,
    ]),
    end,
  ];
  const guarded = lines.flatMap((line, index) => {
    if (!/AUTOINSTALL/.test(codeOf(line))) return [line];
    if (!isAssignment(line)) throw new SyntaxError(`dkms.conf sets AUTOINSTALL in an unsupported form: ${line.trim()}`);
    if (!isStatement(lines.slice(0, index))) throw new SyntaxError('dkms.conf sets AUTOINSTALL after text over several lines');
    return [line, ...guard, ...(index === lines.length - 1 ? [''] : [])];
  });
  return guarded.join('\n');
}

/** The text of a dkms.conf without the guard of an earlier build. */
export function withoutGuard(conf: string): string {
  return conf.replace(new RegExp(`^${begin}(?:.*\n)*?${end}\n`, 'gm'), '');
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
