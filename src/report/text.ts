import type {
  BuildDocument,
  KernelVerdict,
  MatrixListDocument,
  PatchesDocument,
  PlanDocument,
  ReleasesDocument,
  ResultDocument,
} from '../documents/index.js';
import { bootedWords, bootNotes } from './boot-text.js';
import { renderCache, renderPrune } from './cache-text.js';
import { failureLines, renderMatrix } from './matrix-text.js';
import { failedAt } from './matrix-words.js';
import { renderRebuild } from './rebuild-text.js';
import { table } from './table.js';

/** The result of a command as a person reads it, without a newline at its end. */
export function renderText(document: ResultDocument): string {
  switch (document.schema) {
    case 'mft-patch/plan@1':
      return plan(document);
    case 'mft-patch/build@1':
      return build(document);
    case 'mft-patch/rebuild@1':
      return renderRebuild(document);
    case 'mft-patch/verify@1':
      return verdicts(document.kernels);
    case 'mft-patch/patches@1':
      return patches(document);
    case 'mft-patch/kernels@1':
      return table(
        ['TARGET', 'KERNEL', 'TESTED BY CI', 'TITLE'],
        document.kernels.map((k) => [k.target, `${k.kernel}${k.rolling ? ' or later' : ''}`, k.tried.join(', ') || '-', k.title]),
      );
    case 'mft-patch/matrix@1':
      return renderMatrix(document);
    case 'mft-patch/matrix-list@1':
      return matrixList(document);
    case 'mft-patch/image@1':
      return table(
        ['IMAGE', 'TARGET', 'RELEASE', 'SIZE', 'AGE'],
        document.images.map((i) => [i.image, i.target || '-', i.release || '-', i.size, i.age]),
      );
    case 'mft-patch/releases@1':
      return releases(document);
    case 'mft-patch/cache@1':
      return renderCache(document);
    case 'mft-patch/cache-prune@1':
      return renderPrune(document);
    case 'mft-patch/fetch@1':
      return `${document.path}\nSHA-256 ${document.sha256}, ${document.bytes} bytes`;
  }
}

function heading({ mft, kernel }: PlanDocument | BuildDocument): string {
  return `MFT ${mft.version}${mft.revision ? `-${mft.revision}` : ''} for ${kernel.requested === 'all' ? 'every kernel' : `kernel ${kernel.requested}`}`;
}

function plan(document: PlanDocument): string {
  const rows = document.patches.map(({ id, status, reason }) => [id, status === 'selected' ? 'apply' : 'leave', reason]);
  return `${heading(document)}\n\n${table(['PATCH', 'PLAN', 'WHY'], rows)}`;
}

function build(document: BuildDocument): string {
  const rows = document.patches.map(({ id, status, hunks, reason, match }) => [
    id,
    match === undefined ? status : 'by dkms',
    status === 'not-needed' || match !== undefined
      ? reason
      : hunks.map(({ file, line, offset }) => `${file}:${line}${offset === 0 ? '' : ` (offset ${offset})`}`).join(', '),
  ]);
  const { verification, artifacts } = document;
  const deb = artifacts[0]?.path ?? '';
  const proof = verification.kernels.length > 0 ? verdicts(verification.kernels) : `Not verified: ${verification.reason ?? ''}`;
  return [
    heading(document),
    '',
    table(['PATCH', 'STATUS', 'WHERE OR WHY'], rows),
    '',
    ...guardLines(document),
    proof,
    '',
    `Wrote ${deb}`,
    ...(verification.status === 'failed' ? ['Verification failed: do not install this package.'] : ['', ...nextSteps(document, deb)]),
  ].join('\n');
}

/** For which kernels dkms builds by itself, where that is not all of them. */
function guardLines({ maxKernel, patches }: BuildDocument): string[] {
  const guards = patches.flatMap(({ guard }) => guard ?? []);
  if (maxKernel === undefined && guards.length === 0) return [];
  return [
    `With a new kernel dkms builds it by itself${maxKernel === undefined ? '' : ` up to Linux ${maxKernel}`}${guards.length === 0 ? '.' : ', except for:'}`,
    ...guards.map((guard) => `  ${guard}`),
    '',
  ];
}

function nextSteps({ mft, input }: BuildDocument, deb: string): string[] {
  if (input.path.startsWith('sample:')) {
    return ['This is the sample package; it drives no hardware. For a real bundle:', '  mft-patch build mft-<version>-<arch>-deb.tgz'];
  }
  const path = deb.startsWith('/') || deb.startsWith('.') ? deb : `./${deb}`;
  const tools = `mft_${mft.version}-${mft.revision}_${'$(dpkg --print-architecture)'}.deb`;
  return [
    'Next, on the machine with the card:',
    `  sudo apt install ${path}`,
    `  sudo apt install ./${tools}    # from DEBS/ of the vendor's bundle`,
    '  sudo mst start',
  ];
}

function verdicts(kernels: readonly KernelVerdict[]): string {
  const rows = kernels.map((k) => [
    k.kernel,
    k.target,
    k.release || '-',
    k.boot && k.steps.installs ? `builds, ${bootedWords(k.boot)}` : `${k.status}${failedAt(k)}`,
    k.modules.flatMap(({ name, file }) => (file ? [name] : [])).join(', ') || '-',
    `${k.seconds} s`,
  ]);
  const failures = kernels.filter(({ status }) => status !== 'builds').flatMap((verdict) => failureLines(verdict.target, verdict));
  const booted = kernels.flatMap(({ target, boot }) => (boot ? [{ target, ...boot }] : []));
  const engines = [...new Set(kernels.flatMap(({ on }) => (on ? [`Tested with ${on.engine}, ${on.architecture}`] : [])))];
  const head = table(['KERNEL', 'TARGET', 'RELEASE', 'VERDICT', 'MODULES', 'TIME'], rows);
  return [head, ...engines, ...failures, ...bootNotes(booted)].join('\n');
}

/** GitHub's `matrix.include` (fromJSON takes one line). */
function matrixList({ format, kernels }: MatrixListDocument): string {
  return format === 'github' ? JSON.stringify({ include: kernels.map((kernel) => ({ kernel })) }) : kernels.join('\n');
}

function patches(document: PatchesDocument): string {
  return table(
    ['PATCH', 'KERNEL', 'MFT', 'WHAT'],
    document.patches.map((p) => [p.id, p.kernel, p.mft, p.description.split('\n')[0] ?? '']),
  );
}

function releases(document: ReleasesDocument): string {
  const rows = document.releases.map((r) => [
    r.version,
    r.revision,
    r.arches.join(', '),
    r.digest,
    r.generation,
    r.patches.join(', ') || '-',
  ]);
  return table(['VERSION', 'REVISION', 'ARCHITECTURES', 'DIGEST', 'SOURCE', 'PATCHES'], rows);
}
