/** The DEP-3 header of a patch (dep.debian.net/deps/dep3), with the fields that choose it. */
import Range from 'semver/classes/range.js';
import * as v from 'valibot';
import { readFields } from '../deb/control.js';
import { defaultPackage } from '../default-package.js';
import { packageForm } from '../documents/common.js';
import { type FileFault, messageOf } from '../errors.js';

/** A question to a kernel's headers: does a file of theirs match, or not, as grep -E has it? */
export interface Probe {
  /** Relative to the top of the headers, as in include/linux/pci.h. */
  file: string;
  pattern: string;
  /** What the answer must be for the patch to be needed. */
  matches: boolean;
}

const missing = 'is missing';
const text = (description: string) => v.pipe(v.string(missing), v.nonEmpty(missing), v.description(description));
const range = (description: string) => v.pipe(text(description), v.rawTransform(versionRange));
const optionalText = (description: string) => v.exactOptional(v.pipe(v.string(), v.description(description)));

/** The fields by their names in lower case, as DEP-3 compares them. */
export const patchHeader = v.object({
  description: text('one line, then why, each further line indented'),
  origin: optionalText('where the fix comes from, as in: upstream, commit …'),
  license: optionalText('that of the source that it changes'),
  'last-update': v.pipe(
    text('YYYY-MM-DD, for the changelog of the package'),
    v.check(isDay, ({ input }) => `must be YYYY-MM-DD, not '${input}'`),
  ),
  kernel: range('range of kernel versions that need it; * for all'),
  mft: range('range of MFT versions that need it; * for all'),
  architecture: v.exactOptional(
    v.pipe(
      v.string(),
      v.regex(/^[a-z0-9]+(?:[ \t]+[a-z0-9]+)*$/, ({ input }) => `must name architectures as dpkg does, as in arm64, not '${input}'`),
      v.description('the architectures on which what it changes is compiled, as dpkg names them; missing: all'),
      v.transform((value) => value.split(/[ \t]+/)),
    ),
  ),
  applies: v.optional(
    v.pipe(
      v.picklist(['build', 'package'], ({ input }) => `must be build or package, not '${input}'`),
      v.description('build (default): by dkms, for each kernel that needs it; package: always, to the files of the package'),
    ),
    'build',
  ),
  'good-on-older': v.pipe(
    text('yes or no, then why: whether the patched source also builds on older kernels'),
    v.check(
      (value) => /^(yes|no)\b/.test(value),
      ({ input }) => `must start with yes or no, not '${input}'`,
    ),
    v.transform((value) => value.startsWith('yes')),
  ),
  'needed-if': v.exactOptional(
    v.pipe(
      v.string(),
      v.nonEmpty('is empty'),
      v.description('a regular expression that the changed files must match for the fault to be there'),
      v.rawTransform(expression),
    ),
  ),
  probe: v.exactOptional(
    v.pipe(
      v.string(),
      v.description(
        'a file of the kernel headers, ~ or !~, and a pattern for grep -E: decides below the range if Good-On-Older is no, or with Kernel: * alone',
      ),
      v.rawTransform(probe),
    ),
  ),
  symptom: text("the compiler's words without the patch"),
  package: v.optional(
    v.pipe(
      v.string(),
      v.regex(packageForm, ({ input }) => `must be the name of a package, not '${input}'`),
      v.description(`the package that it changes (default: ${defaultPackage}); then MFT is a range of the versions of that`),
    ),
    defaultPackage,
  ),
  replaces: v.optional(
    v.pipe(
      v.picklist(['yes', 'no'], ({ input }) => `must be yes or no, not '${input}'`),
      v.description('yes: a patch of --patches is taken in the place of the one before it that has its name (default: no)'),
    ),
    'no',
  ),
});

export type PatchHeader = v.InferOutput<typeof patchHeader>;

/**
 * Parses the header of a patch.
 * @returns the header, or all faults with their lines
 */
export function parseHeader(header: string): PatchHeader | FileFault[] {
  let fields: Map<string, string>;
  try {
    fields = readFields(header);
  } catch (error) {
    return [{ line: 1, detail: `header: ${messageOf(error)}` }];
  }
  const result = v.safeParse(patchHeader, Object.fromEntries(fields));
  if (result.success) return result.output;
  return result.issues.map((issue) => {
    const name = String(issue.path?.[0].key);
    // A field that is missing is reported with its name in quotes as what was expected.
    const words = issue.type === 'object' ? missing : issue.message;
    return { line: lineOf(header, name), detail: `field ${titleOf(name)} ${words}` };
  });
}

/** The line in which a field is; the first if it is missing. */
function lineOf(header: string, name: string): number {
  const index = header.split('\n').findIndex((line) => line.toLowerCase().startsWith(`${name}:`));
  return Math.max(index, 0) + 1;
}

/** `good-on-older` as it is written: Good-On-Older. */
function titleOf(name: string): string {
  return name === 'mft' ? 'MFT' : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function isDay(value: string): boolean {
  const time = Date.parse(`${value}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

interface Raw<Value> {
  dataset: { value: Value };
  addIssue: (info: { message: string }) => void;
  NEVER: never;
}

function versionRange({ dataset: { value }, addIssue, NEVER }: Raw<string>): Range {
  try {
    return new Range(value);
  } catch {
    addIssue({ message: `'${value}' is not a version range` });
    return NEVER;
  }
}

function expression({ dataset: { value }, addIssue, NEVER }: Raw<string>): RegExp {
  try {
    return new RegExp(value, 'm');
  } catch (error) {
    addIssue({ message: `is not a regular expression: ${messageOf(error)}` });
    return NEVER;
  }
}

function probe({ dataset: { value }, addIssue, NEVER }: Raw<string>): Probe {
  const [, file = '', operator = '', pattern = ''] = /^([\w./-]+) +(!?~) +(\S.*)$/.exec(value) ?? [];
  // It goes into dkms.conf between single quotes.
  if (file !== '' && !file.startsWith('/') && !file.split('/').includes('..') && !pattern.includes("'"))
    return { file, pattern, matches: operator === '~' };
  addIssue({
    message: pattern.includes("'")
      ? 'must not contain a single quote in its pattern'
      : `must be a file of the headers, ~ or !~, and a pattern, as in 'include/linux/pci.h ~ dma_map', not '${value}'`,
  });
  return NEVER;
}
