/** Runs commands, and keeps the measurements as a table. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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

/** What a run of a command takes, in seconds: by the clock, and of processors. Other work on the machine does little to the latter. */
interface Took {
  wall: number;
  cpu: number;
}

/** Runs a command, timed by bash, which sees all of its processes, but none of a container. @throws Error if it does not exit 0 */
function take(command: Command): Took {
  const script = ['-c', 'TIMEFORMAT="took %R %U %S"; time "$@"', 'bash', ...command];
  const { status, stderr } = spawnSync('bash', script, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: exit ${status}: ${stderr}`);
  const [wall = 0, user = 0, system = 0] = /took (\S+) (\S+) (\S+)\n$/.exec(stderr)?.slice(1).map(Number) ?? [];
  return { wall, cpu: user + system };
}

/** The seconds that a command takes. @throws Error if it does not exit 0 */
export function seconds(command: Command): number {
  return take(command).wall;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function medians(runs: readonly Took[]): Took {
  return { wall: median(runs.map(({ wall }) => wall)), cpu: median(runs.map(({ cpu }) => cpu)) };
}

/** Two commands that are compared. */
export interface Comparison {
  ours: Command;
  theirs: Command;
  goal: number;
  /** How often each runs. */
  times?: number;
}

const heading = ['WHAT', 'OURS', 'BESIDE IT', 'RATIO', 'OF CPU', 'BEFORE', 'OF CPU', 'GOAL', ''];

/** @param before another commit's checkout, built: what ours does is measured with that, too, in the same rounds */
export class Measurements {
  readonly #rows: string[][] = [heading];

  constructor(
    readonly rounds: number,
    readonly before: string | undefined,
  ) {}

  /** Runs both in turn and keeps the ratios of their medians. */
  compare(what: string, comparison: Comparison): void {
    const { ours, theirs, before } = this.#medians(comparison);
    const than = before === undefined ? ['', ''] : ratios(before, theirs);
    this.#row(what, [ours.wall, theirs.wall], [...ratios(ours, theirs), ...than], comparison.goal);
  }

  /** Keeps the ratio of two times that were measured already, in seconds. */
  ratio(what: string, times: [number, number], goal: number): void {
    this.#row(what, times, [ratio(...times), '', '', ''], goal);
  }

  /** Runs both in turn and keeps how many seconds the first takes longer than the second. */
  longer(what: string, comparison: Comparison): void {
    const { goal } = comparison;
    const { ours, theirs } = this.#medians(comparison);
    const difference = ours.wall - theirs.wall;
    const cells = [...inSeconds(ours.wall, theirs.wall), `+${difference.toFixed(1)} s`, '', '', ''];
    this.#rows.push([what, ...cells, `+${goal} s`, verdict(difference <= goal)]);
  }

  /** Keeps the peak memory of one run, as the process itself measures it. */
  memory(what: string, command: Command, goal: number): void {
    const peak = peakOf(command);
    const before = this.before === undefined ? '' : `${peakOf(withProgram(command, this.before)).toFixed(0)} MiB`;
    this.#rows.push([what, `${peak.toFixed(0)} MiB`, '', '', '', before, '', `${goal} MiB`, verdict(peak <= goal)]);
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

  #row(what: string, times: [number, number], cells: string[], goal: number): void {
    this.#rows.push([what, ...inSeconds(...times), ...cells, `${goal} x`, verdict(times[0] / times[1] <= goal)]);
  }

  #medians({ ours, theirs, times = this.rounds }: Comparison): { ours: Took; theirs: Took; before: Took | undefined } {
    const other = this.before === undefined ? undefined : withProgram(ours, this.before);
    if (other) take(other);
    const runs = Array.from({ length: times }, () => [take(ours), take(theirs), ...(other ? [take(other)] : [])]);
    const of = (index: number) => medians(runs.flatMap((round) => round[index] ?? []));
    return { ours: of(0), theirs: of(1), before: other && of(2) };
  }
}

function peakOf([program, ...args]: Command): number {
  const report = "data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss='+process.resourceUsage().maxRSS))";
  const { stderr, status } = spawnSync(program, ['--import', report, ...args], { cwd: directory, encoding: 'utf8' });
  const peak = Number(/maxrss=(\d+)/.exec(stderr)?.[1]) / 1024;
  if (status !== 0 || !peak) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
  return peak;
}

/** The same command with the program of another checkout, which may be of a time when it was plain modules. */
export function withProgram([program, ...args]: Command, checkout: string): Command {
  const file = [join(checkout, 'build/mft-patch.cjs'), join(checkout, 'build/cli.js')].find(existsSync) ?? checkout;
  return [program, ...args.map((word) => word.replaceAll(cli, file))];
}

function ratios(one: Took, other: Took): [string, string] {
  return [ratio(one.wall, other.wall), ratio(one.cpu, other.cpu)];
}

function ratio(one: number, other: number): string {
  return `${(one / other).toFixed(2)} x`;
}

function inSeconds(...numbers: number[]): string[] {
  return numbers.map((number) => `${number.toFixed(3)} s`);
}

function verdict(isWithin: boolean): string {
  return isWithin ? 'within' : 'OVER';
}
