/** Packages of the distribution that dkms needs: headers, the compiler of the kernel, dkms itself. Pure. */
import type { Survey } from '../machine/examine.js';
import { isProxmox } from '../machine/header-packages.js';
import { livingKernels } from '../machine/kernels.js';
import { aptGet, aptInstall } from './apt.js';
import { faultIn, lineOf } from './judged.js';
import type { Step } from './step.js';

/** The names that are missing. A compiler that apt does not have is not among them: doctor says what to do. */
export function lackingNames(facts: Survey): string[] {
  const { kernels, dkms } = facts;
  const headers = livingKernels(kernels)
    .filter((kernel) => !kernel.headers)
    .map((kernel) => kernel.headersPackage);
  const moving = kernels.missingMoving.filter((name) => kernels.candidates.has(name));
  const compiler = lineOf(facts, 'compiler');
  const compilers =
    compiler?.status === 'fault'
      ? compiler.cures.flatMap(({ command }) => /^apt install ((?:gcc|clang).*)$/.exec(command)?.[1]?.split(' ') ?? [])
      : [];
  const known = compilers.filter((name) => kernels.candidates.has(name) || ['gcc', 'make'].includes(name));
  return [...new Set([...(dkms.version === undefined && !dkms.isSilent ? ['dkms'] : []), ...headers, ...moving, ...known])];
}

/** apt's lists where they do not have the headers, then all of it in one transaction. */
export function packagesLacking(facts: Survey): Step[] {
  const names = lackingNames(facts);
  if (names.length === 0) return [];
  const { candidates } = facts.kernels;
  const unknown = names.filter((name) => name.includes('headers') && !candidates.has(name));
  const lists: Step = {
    id: 'lists',
    title: `fetch apt's lists, which do not have ${unknown.join(' ')}`,
    commands: [{ line: aptGet('update') }],
    root: true,
    checks: `apt knows ${unknown.join(' ')}`,
    wrong: (after) => {
      const still = unknown.filter((name) => !after.kernels.candidates.has(name));
      return still.length > 0 ? `apt still does not know ${still.join(' ')}` : undefined;
    },
  };
  const headers: Step = {
    id: 'headers',
    title: `install what dkms builds with: ${names.join(' ')}`,
    commands: [{ line: aptInstall(`--no-install-recommends ${names.join(' ')}`) }],
    root: true,
    checks: 'the headers of the running and the newest kernel, their compiler, and dkms are there',
    wrong: faultIn('dkms', 'headers', ...(names.some(isCompiler) ? (['compiler'] as const) : [])),
    undo: `apt-get purge ${names.join(' ')}`,
  };
  return [...(unknown.length > 0 ? [lists] : []), headers];
}

/** Whether a package is a compiler that kernels are built with. */
export function isCompiler(name: string): boolean {
  return /^(gcc|clang)/.test(name);
}

/** Whether the headers are in an archive that this machine does not have: which one is its owner's choice. */
export function needsArchive({ kernels }: Survey): boolean {
  return livingKernels(kernels).some(
    ({ release, headers, headersPackage }) => !headers && isProxmox(release) && !kernels.candidates.has(headersPackage),
  );
}
