import { kernelPattern } from '../kernels/range-regex.js';
import { rangeUpTo } from './kernel-range.js';
import type { Patch } from './patch.js';
import { isDecidedByProbe } from './select.js';

/** The first line of what we put into a dkms.conf. */
const mark = '# Added by mft-patch:';
/** The first words of the guard's. */
export const guardMark = '# mft-patch guard: ';

/** Whether the text is that of a dkms.conf that we have extended. */
export function isExtended(conf: string): boolean {
  return conf.split('\n').some((line) => line.startsWith(mark) || line.startsWith(guardMark));
}

/** The name of a patch in the directory `patches/` of the dkms source. */
export function patchFile({ id }: Patch): string {
  return `mft-patch-${id}.patch`;
}

/** Matches no release. */
const never = '^.^';

/** What dkms asks of a kernel's release to apply the patch, for people and the record: PATCH_MATCH, empty for always. */
export function matchOf(patch: Patch): string {
  if (isDecidedByProbe(patch)) return never;
  const range = patch.goodOnOlder ? rangeUpTo(patch) : patch.kernel;
  return range.raw === '*' ? '' : kernelPattern(range);
}

/**
 * The text of a dkms.conf with patches for dkms to apply after those that are there (dkms(8), PATCH and PATCH_MATCH).
 * dkms.conf is bash, read anew for each kernel with its release and the directory of its headers in variables: so what the
 * headers decide is asked there, with what dkms 2.8 to 3.2 set.
 *
 * @throws SyntaxError if the patches in it are named in a way that ours cannot be put after
 */
export function withPatches(conf: string, patches: readonly Patch[]): string {
  if (patches.length === 0) return conf;
  // bash leaves it out, and makes one word of two.
  if (conf.includes('\0')) throw new SyntaxError('dkms.conf contains a NUL byte');
  const first = nextIndex(conf);
  const lines = [
    `${mark} dkms applies these of patches/ when it builds; each says what it is for.`,
    ...patches.flatMap((patch, index) => patchLines(patch, first + index)),
  ];
  // Ours come first: whatever the vendor's text ends in (a `return`, a backslash, an open quote) cannot swallow them.
  return `${lines.join('\n')}\n${conf}`;
}

function patchLines(patch: Patch, index: number): string[] {
  const match = matchOf(patch);
  const lines = [`PATCH[${index}]="${patchFile(patch)}"`];
  if (match === '') return lines;
  if (isDecidedByProbe(patch)) return [...lines, `${probeCommand(patch)} || PATCH_MATCH[${index}]='${match}'`];
  lines.push(`# Linux ${patch.kernel.raw}`, `PATCH_MATCH[${index}]='${match}'`);
  if (patch.goodOnOlder || patch.probe === undefined) return lines;
  // A kernel below the range may need it, too, which PATCH_MATCH cannot say: that knows the release alone.
  const upTo = rangeUpTo(patch);
  if (upTo.raw === '*') return [...lines, `if ${probeCommand(patch)}; then PATCH_MATCH[${index}]=; fi`];
  lines.push(`mft_patch_range='${kernelPattern(upTo)}'`);
  return [...lines, `if [[ $kernelver =~ $mft_patch_range ]] && ${probeCommand(patch)}; then PATCH_MATCH[${index}]=; fi`];
}

/**
 * bash that succeeds if the headers of the kernel show that it needs the patch. Debian keeps what all flavours of a kernel share
 * in a directory of its own, which `source` beside `build` leads to.
 *
 * @param directory the variable that holds their directory
 */
export function probeCommand({ probe }: Pick<Patch, 'probe'>, directory = 'kernel_source_dir'): string {
  if (!probe) return 'false';
  const { file, pattern, matches } = probe;
  return `${matches ? '' : '! '}grep -Eqs '${pattern}' "$${directory}/${file}" "\${${directory}%/*}/source/${file}"`;
}

/** Whether each line of a script is done, and done once: no conditions, no functions, no text over several lines. */
function isPlain(code: string): boolean {
  const hasOpenQuote = code.split('\n').some((line) => (line.match(/["']/g)?.length ?? 0) % 2 === 1);
  return !hasOpenQuote && !/\b(if|case|for|while|until|select|function)\b|&&|\|\||\(\)|\\\n|<</.test(code);
}

/** dkms counts PATCH's elements and asks for indices below that number: a hole would drop what comes after it. */
function nextIndex(conf: string): number {
  const code = conf.replace(/^\s*#.*$/gm, '');
  const indices = [...code.matchAll(/^\s*PATCH\[(\d+)\]=/gm)].map(([, index]) => Number(index));
  const assignments = code.match(/\bPATCH(\[[^\]]*\])?\+?=/g) ?? [];
  if (assignments.length !== indices.length) throw new SyntaxError('dkms.conf sets PATCH in an unsupported form (supported: PATCH[0]=…)');
  if (indices.length > 0 && !isPlain(code)) throw new SyntaxError('dkms.conf sets PATCH conditionally');
  if (indices.some((index) => index >= indices.length))
    throw new SyntaxError(`dkms.conf sets PATCH with non-contiguous indices: ${indices.join(', ')}`);
  if (new Set(indices).size < indices.length) throw new SyntaxError(`dkms.conf sets a PATCH twice: ${indices.join(', ')}`);
  return indices.length;
}
