/** Runs builds at the same time into one directory, also while others are killed; and matrices. */
import { setTimeout } from 'node:timers/promises';
import type { BuildDocument, MatrixDocument } from '../../build/documents/index.js';
import { faultsOf, linesOf, nameIn } from './judge.js';
import { argsOf, type BuildOptions, buildHere, type Ended, makeBundle, newPlace, type Report, random, startCli } from './run.js';
import { leftIn } from './scenarios.js';

/** A command that is run at the same time as others. */
interface Run {
  args: string[];
  /** After how many milliseconds it is killed; undefined for never. */
  killAfter: number | undefined;
}

async function runOne({ args, killAfter }: Run): Promise<Ended & { isKilled: boolean }> {
  const { child, ended } = startCli(args);
  if (killAfter !== undefined) setTimeout(killAfter).then(() => child.kill('SIGKILL'));
  return { ...(await ended), isKilled: killAfter !== undefined };
}

/** Starts all at once, and kills some. @returns what is wrong with the directory, and with the commands that were not killed */
async function together(out: string, runs: readonly Run[]): Promise<string[]> {
  const results = await Promise.all(runs.map(runOne));
  const faults = faultsOf(out);
  const listed = (linesOf(out) ?? []).map(nameIn);
  for (const [index, { status, stdout, stderr, isKilled }] of results.entries()) {
    if (isKilled) continue;
    if (status !== 0) faults.push(`number ${index} ends with ${status}: ${stderr.trim()}`);
    const missing = status === 0 ? namesIn(JSON.parse(stdout)).filter((name) => !listed.includes(name)) : [];
    faults.push(...missing.map((name) => `SHA256SUMS does not list ${name} of number ${index}`));
  }
  // The next build removes what killed ones have left.
  if (results.some(({ isKilled }) => isKilled)) await buildHere({ sample: true }, out);
  const left = leftIn(out);
  if (left.length > 0) faults.push(`leaves ${left.join(', ')}`);
  return faults;
}

/** The names of the files that a build or a matrix has written. */
function namesIn(document: BuildDocument | MatrixDocument): string[] {
  const paths =
    'artifacts' in document ? document.artifacts.map(({ path }) => path) : document.cells.map(({ patched }) => patched.artifact);
  return paths.map((path) => path.replace(/^.*\//, ''));
}

/** Builds that run at the same time. */
interface Case {
  name: string;
  count: number;
  /** @param index of the build */
  options(index: number): BuildOptions;
  isKilled?(index: number): boolean;
}

function casesOf(bundle: string): Case[] {
  // Three packages: those for two kernels that the same patches are for are the same bytes.
  const packages: BuildOptions[] = [{ kernel: '5.18' }, { kernel: '5.18', maxKernel: '6.99' }, {}];
  const sample = (index: number): BuildOptions => ({ sample: true, ...packages[index % 3] });
  const companions = (index: number): BuildOptions => ({ bundle, repackBundle: true, withUserland: true, ...packages[index % 3] });
  return [
    { name: 'two of one package', count: 2, options: () => ({ sample: true, kernel: '5.18' }) },
    { name: 'two of two packages', count: 2, options: sample },
    { name: 'five of three packages', count: 5, options: sample },
    { name: 'five with companions', count: 5, options: companions },
    { name: 'six, three of them killed', count: 6, options: companions, isKilled: (index) => index % 2 === 1 },
  ];
}

/**
 * @param rounds how many times each case is run
 * @param withMatrix also run two matrices, once; they need docker
 */
export async function atOnce(rounds: number, seed: number, withMatrix: boolean, report: Report = console.log) {
  const chance = random(seed);
  const bad: string[] = [];
  const lines: string[] = [];
  for (const { name, count, options, isKilled } of casesOf(await makeBundle(1))) {
    for (let round = 0; round < rounds; round++) {
      const out = newPlace();
      // In every other round the directory exists already.
      if (round % 2 === 1) await buildHere({ sample: true, kernel: '4.19' }, out);
      const runs = Array.from({ length: count }, (_, index) => ({
        args: [...argsOf(options(index), out), '--json'],
        killAfter: isKilled?.(index) ? chance() * 800 : undefined,
      }));
      const faults = await together(out, runs);
      if (faults.length > 0) bad.push(`${name}, round ${round}: ${faults.join('; ')}`);
    }
    lines.push(`${name.padEnd(26)} ${rounds} rounds`);
  }
  if (withMatrix) {
    const faults = await matricesTogether();
    if (faults.length > 0) bad.push(`two matrices: ${faults.join('; ')}`);
    lines.push(`${'two matrices'.padEnd(26)} 1 round`);
  }
  report(`at once: seed ${seed}, ${bad.length} bad`);
  for (const line of lines) report(`  ${line}`);
  for (const line of bad) report(`  BAD ${line}`);
  return { bad };
}

function matricesTogether(): Promise<string[]> {
  const out = newPlace();
  const matrix = (kernels: string) => ({
    args: ['matrix', '--sample', '--kernel', kernels, '--fresh', '--out', out, '--json', '--quiet'],
    killAfter: undefined,
  });
  return together(out, [matrix('debian-11,debian-12'), matrix('debian-12,debian-13')]);
}
