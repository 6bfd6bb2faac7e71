import type { Report } from './run.js';

/** Counts outcomes by their words. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** Prints the counts, then what failed. */
  print(report: Report, width: number, bad: readonly string[]): void {
    for (const [key, times] of [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1))) report(`  ${key.padEnd(width)} ${times}`);
    for (const line of bad) report(`  BAD ${line}`);
  }
}
