import { defaultPackage, releaseName } from '../default-package.js';
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
import { renderConfig } from './config-text.js';
import { renderDiagnosis } from './diagnose-text.js';
import { renderDoctor } from './doctor-text.js';
import { renderImages } from './image-text.js';
import { renderInstall } from './install-text.js';
import { failureLines, renderMatrix } from './matrix-text.js';
import { archWords, failedAt } from './matrix-words.js';
import { nextSteps } from './next-steps.js';
import { renderDiff, renderShow } from './package-text.js';
import { renderRebuild } from './rebuild-text.js';
import { renderReleasesCheck } from './releases-text.js';
import { renderRepo } from './repo-text.js';
import { table } from './table.js';
import { renderWorkbench } from './workbench-text.js';

/** The result of a command as a person reads it, without a newline at its end. */
export function renderText(document: ResultDocument): string {
  switch (document.schema) {
    case 'mft-patch/plan@1':
      return plan(document);
    case 'mft-patch/build@1':
      return build(document);
    case 'mft-patch/rebuild@1':
      return renderRebuild(document);
    case 'mft-patch/diff@1':
      return renderDiff(document);
    case 'mft-patch/show@1':
      return renderShow(document);
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
      return renderImages(document);
    case 'mft-patch/diagnose@1':
      return renderDiagnosis(document);
    case 'mft-patch/doctor@1':
      return renderDoctor(document);
    case 'mft-patch/install@1':
    case 'mft-patch/uninstall@1':
      return renderInstall(document);
    case 'mft-patch/releases@1':
      return releases(document);
    case 'mft-patch/releases-check@1':
      return renderReleasesCheck(document);
    case 'mft-patch/cache@1':
      return renderCache(document);
    case 'mft-patch/cache-prune@1':
      return renderPrune(document);
    case 'mft-patch/config@1':
      return renderConfig(document);
    case 'mft-patch/completion@1':
      return document.script.trimEnd();
    case 'mft-patch/repo@1':
      return renderRepo(document);
    case 'mft-patch/fetch@1':
      return `${document.path}\nSHA-256 ${document.sha256}, ${document.bytes} bytes`;
    default:
      return renderWorkbench(document);
  }
}

function heading({ package: name, mft, kernel }: PlanDocument | BuildDocument): string {
  return `${releaseName(name)} ${mft.version}${mft.revision ? `-${mft.revision}` : ''} for ${kernel.requested === 'all' ? 'every kernel' : `kernel ${kernel.requested}`}`;
}

function plan(document: PlanDocument): string {
  const built = document.patches.flatMap(({ result, hunks = [], ...patch }) =>
    result === undefined ? [] : [{ ...patch, status: result, hunks }],
  );
  if (document.basis === 'package' || built.length > 0) return `${heading(document)}\n\n${patchTable(built)}`;
  const rows = document.patches.map((patch) => [patch.id, patch.status === 'selected' ? 'apply' : 'leave', patch.reason]);
  const note = [
    'By the version alone: the source of this release was not looked at. To apply the patches to it in memory:',
    '  mft-patch plan mft-<version>-<arch>-deb.tgz',
  ];
  return [heading(document), '', table(...withOrigins(['PATCH', 'PLAN', 'WHY'], rows, document.patches)), '', ...note].join('\n');
}

/** What became of each patch. */
function patchTable(patches: BuildDocument['patches']): string {
  if (patches.length === 0) return 'No patch is for this package; --patches takes your own.';
  const rows = patches.map(({ id, status, hunks, reason, match }) => [
    id,
    match === undefined ? status : 'by dkms',
    status === 'not-needed' || match !== undefined
      ? reason
      : hunks.map(({ file, line, offset }) => `${file}:${line}${offset === 0 ? '' : ` (offset ${offset})`}`).join(', '),
  ]);
  return table(...withOrigins(['PATCH', 'STATUS', 'WHERE OR WHY'], rows, patches));
}

/** A table of patches with a second column that says where each is from, if one is not of mft-patch itself. */
function withOrigins(head: string[], rows: string[][], patches: readonly { origin?: string }[]): [string[], string[][]] {
  if (patches.every(({ origin }) => origin === undefined)) return [head, rows];
  const insert = ([first = '', ...rest]: string[], value: string) => [first, value, ...rest];
  return [insert(head, 'FROM'), rows.map((row, index) => insert(row, patches[index]?.origin ?? 'mft-patch'))];
}

function build(document: BuildDocument): string {
  const { verification, artifacts } = document;
  const deb = artifacts[0]?.path ?? '';
  const proof = verification.kernels.length > 0 ? verdicts(verification.kernels) : `Not verified: ${verification.reason ?? ''}`;
  return [
    heading(document),
    '',
    patchTable(document.patches),
    '',
    ...guardLines(document),
    proof,
    '',
    `Wrote ${deb}`,
    ...(document.modules ?? []).map(
      ({ package: file, release }) => `Wrote ${pathOf(file, artifacts)}, for Linux ${release}: it needs no compiler`,
    ),
    ...(verification.status === 'failed' ? ['Verification failed: do not install this package.'] : ['', ...nextSteps(document, deb)]),
  ].join('\n');
}

function pathOf(file: string, artifacts: BuildDocument['artifacts']): string {
  return artifacts.find(({ path }) => path.replace(/^.*\//, '') === file)?.path ?? file;
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
  const engines = [...new Set(kernels.flatMap(({ on }) => (on ? [`Tested with ${on.engine}, ${archWords(on)}`] : [])))];
  const head = table(['KERNEL', 'TARGET', 'RELEASE', 'VERDICT', 'MODULES', 'TIME'], rows);
  return [head, ...engines, ...failures, ...bootNotes(booted)].join('\n');
}

/** GitHub's `matrix.include` (fromJSON takes one line). */
function matrixList({ format, kernels }: MatrixListDocument): string {
  return format === 'github' ? JSON.stringify({ include: kernels.map((kernel) => ({ kernel })) }) : kernels.join('\n');
}

function patches(document: PatchesDocument): string {
  const rows = document.patches.map((p) => [p.id, p.kernel, p.mft, p.description.split('\n')[0] ?? '']);
  const isMixed = document.patches.some((patch) => patch.package !== undefined);
  const names = document.patches.map((patch) => patch.package ?? defaultPackage);
  const head = ['PATCH', ...(isMixed ? ['PACKAGE'] : []), 'KERNEL', isMixed ? 'VERSION' : 'MFT', 'WHAT'];
  const mixed = rows.map(([id = '', ...rest], index) => [id, ...(isMixed ? [names[index] ?? ''] : []), ...rest]);
  return table(...withOrigins(head, mixed, document.patches));
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
