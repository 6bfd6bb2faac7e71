/** What `diagnose` prints. */
import * as v from 'valibot';
import { text } from './common.js';

const flag = (description: string) => v.pipe(v.boolean(), v.description(description));

const patchHeaderFields = v.pipe(
  v.object({
    Origin: v.exactOptional(v.string()),
    Kernel: v.exactOptional(v.string()),
    'Good-On-Older': v.exactOptional(v.string()),
    Probe: v.exactOptional(v.string()),
    'Needed-If': v.exactOptional(v.string()),
    Symptom: v.string(),
  }),
  v.description('the fields of the header of a patch for it, as far as they are known; what is not known is missing'),
);

const inKernel = v.object({
  kernel: text('major.minor'),
  release: text('as `uname -r` prints it'),
  target: text('whose image has these headers'),
  fits: flag('it exists, and as the module uses it'),
  header: text('where it is declared; empty if it is not'),
  declaration: text('how; empty if it is not'),
});

const replacement = v.object({
  name: v.string(),
  evidence: v.pipe(
    v.picklist(['wrapped', 'compiler', 'in-its-place', 'name']),
    v.description(
      'what was removed did nothing but call it (a header: include it); the compiler suggests it; it stands in its place; its name is alike',
    ),
  ),
  header: v.string(),
  declaration: v.string(),
  inOldest: v.exactOptional(flag('the oldest kernel that was searched has it, too')),
});

const diagnosedError = v.object({
  kind: v.picklist([
    'removed-function',
    'renamed-function',
    'removed-header',
    'removed-member',
    'removed-identifier',
    'removed-variable',
    'argument-count',
    'argument-type',
    'callback-type',
    'missing-prototype',
    'warning',
    'gpl-symbol',
    'missing-symbol',
    'symbol-namespace',
    'kernel-directory',
    'unknown',
  ]),
  message: text('the words of the compiler, of modpost or of make'),
  name: text('what it is about: a function, member, header, variable or symbol; empty for an unknown error'),
  owner: v.exactOptional(text('the struct of a member, the namespace of a symbol, or the header that a lost include path leads to')),
  places: v.pipe(v.array(v.object({ file: v.string(), line: v.number() })), v.description('in the source; empty for modpost and make')),
  kernels: v.pipe(
    v.array(v.string()),
    v.description('the kernels whose logs have it; empty if the log does not say which kernel it is of'),
  ),
  patches: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        chosen: v.exactOptional(flag('ranges and source choose it; missing if that is not known')),
        reason: v.string(),
      }),
    ),
    v.description('the known patches with this Symptom, and why each was not chosen, or did not help'),
  ),
  history: v.pipe(v.array(inKernel), v.description('the oldest kernel first; empty without headers, or where they cannot say it')),
  lastWith: v.exactOptional(text('major.minor of the last kernel that has it')),
  firstWithout: v.exactOptional(text('major.minor of the next kernel that was searched, which does not')),
  replacements: v.pipe(v.array(replacement), v.description('what stands beside it or in its place, the most likely first')),
  commit: v.exactOptional(
    v.pipe(
      v.object({
        hash: v.string(),
        subject: v.string(),
        date: v.string(),
        release: v.exactOptional(text('the first release with it: major.minor')),
      }),
      v.description('the commit of the kernel that removed or changed it, with --linux'),
    ),
  ),
  header: patchHeaderFields,
});

export const diagnoseDocument = v.object({
  schema: v.literal('mft-patch/diagnose@1'),
  input: v.object({
    path: v.string(),
    kind: v.picklist(['log', 'verdict', 'package']),
  }),
  logs: v.pipe(
    v.array(
      v.object({
        path: text("where the log is; that of the verdict if only the verdict's own words were there"),
        kernel: text("the kernel's release, or major.minor; empty if it is not known"),
        mft: text('version of MFT; empty if it is not known'),
        isWhole: flag("false: the log that the verdict names is gone, and only the verdict's own words were read"),
      }),
    ),
    v.description('what was read'),
  ),
  headers: v.object({
    kernels: v.pipe(v.array(v.string()), v.description('the releases of the kernels whose headers were searched')),
    note: v.exactOptional(text('why none were')),
  }),
  errors: v.array(diagnosedError),
  header: v.exactOptional(
    v.pipe(
      patchHeaderFields,
      v.description('that of the first error that no known patch has as its Symptom; of a known kind, if there is one'),
    ),
  ),
});
export type DiagnoseDocument = v.InferOutput<typeof diagnoseDocument>;
export type DiagnosedError = DiagnoseDocument['errors'][number];
