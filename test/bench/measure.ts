/** Runs commands, and keeps the measurements as a table. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** The program that is installed. */
export const cli = join(root, 'build/mft-patch.cjs');
/** The same as plain modules. */
export const plainModules = join(root, 'build/cli.js');
export const directory = mkdtempSync(join(tmpdir(), 'mft-patch-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** A program with its arguments. */
export type Command = [program: string, ...args: string[]];

/** Runs a bash script. @returns its output @throws Error if it fails */
export function sh(script: string): string {
  return execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The seconds that a command takes. @throws Error if it does not exit 0 */
export function seconds([program, ...args]: Command): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Two commands that are compared. */
export interface Comparison {
  ours: Command;
  theirs: Command;
  goal: number;
  /** How often each runs. */
  times?: number;
}

const heading = ['WHAT', 'OURS', 'BESIDE IT', 'RATIO', 'GOAL', ''];

export class Measurements {
  readonly #rows: string[][] = [heading];

  constructor(readonly rounds: number) {}

  /** Runs both in turn and keeps the ratio of their medians. */
  compare(what: string, comparison: Comparison): void {
    this.ratio(what, this.#medians(comparison), comparison.goal);
  }

  /** Keeps the ratio of two times that were measured already, in seconds. */
  ratio(what: string, [a, b]: [number, number], goal: number): void {
    this.#rows.push([what, ...inSeconds(a, b), `${(a / b).toFixed(2)} x`, `${goal} x`, verdict(a / b <= goal)]);
  }

  /** Runs both in turn and keeps how many seconds the first takes longer than the second. */
  longer(what: string, comparison: Comparison): void {
    const { goal } = comparison;
    const [a, b] = this.#medians(comparison);
    this.#rows.push([what, ...inSeconds(a, b), `+${(a - b).toFixed(1)} s`, `+${goal} s`, verdict(a - b <= goal)]);
  }

  /** Keeps the peak memory of one run, as the process itself measures it. */
  memory(what: string, [program, ...args]: Command, goal: number): void {
    const report = "data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss='+process.resourceUsage().maxRSS))";
    const { stderr, status } = spawnSync(program, ['--import', report, ...args], { cwd: directory, encoding: 'utf8' });
    const peak = Number(/maxrss=(\d+)/.exec(stderr)?.[1]) / 1024;
    if (status !== 0 || !peak) throw new Error(`${what}: exit ${status}: ${stderr}`);
    this.#rows.push([what, `${peak.toFixed(0)} MiB`, '', '', `${goal} MiB`, verdict(peak <= goal)]);
  }

  print(): void {
    const widths = heading.map((_, column) => Math.max(...this.#rows.map((row) => row[column]?.length ?? 0)));
    for (const row of this.#rows)
      console.log(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
  }

  #medians({ ours, theirs, times = this.rounds }: Comparison): [number, number] {
    const pairs = Array.from({ length: times }, () => [seconds(ours), seconds(theirs)] as const);
    return [median(pairs.map(([x]) => x)), median(pairs.map(([, x]) => x))];
  }
}

function inSeconds(...numbers: number[]): string[] {
  return numbers.map((number) => `${number.toFixed(3)} s`);
}

function verdict(isWithin: boolean): string {
  return isWithin ? 'within' : 'OVER';
}
