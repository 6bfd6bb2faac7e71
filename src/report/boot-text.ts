/** What boots have shown, in plain text. */
import type { BootVerdict, CellVerdict } from '../documents/index.js';
import { accelWords, failedAt, worksStatus } from './matrix-words.js';

/** A boot after `builds, `. */
export function bootedWords({ status, loads, works }: BootVerdict): string {
  if (status === 'loads') return works ? 'works' : 'loads';
  return `${loads ? 'loads, working' : 'loading'}: ${status}`;
}

/** What the boots could not test, and how the kernels ran. */
export function bootNotes(booted: readonly Pick<BootVerdict & { target: string }, 'target' | 'accel' | 'notTested'>[]): string[] {
  const whats = new Set(booted.flatMap(({ notTested = [] }) => notTested));
  const without = (what: string) => booted.filter(({ notTested }) => notTested?.includes(what)).map(({ target }) => target);
  const untested = [...whats].map((what) => `Not tested on ${without(what).join(', ')}: ${what}`);
  const ran = (accel: BootVerdict['accel']) => booted.filter((boot) => boot.accel === accel).map(({ target }) => target);
  const accels = (['kvm', 'tcg'] as const).filter((accel) => ran(accel).length > 0);
  const lines = [...untested, ...accels.map((accel) => `Booted by ${accelWords(accel)}: ${ran(accel).join(', ')}`)];
  return lines.length > 0 ? ['', ...lines] : [];
}

/** The WORKS column: what loads, but could not be asked, is not known to work. */
export function worksColumn(verdict: CellVerdict): string {
  const status = worksStatus(verdict);
  if (verdict.loads === 'loads' && status === 'error') return 'not tested';
  return status === 'fails' ? `fails${failedAt({ ...verdict, status })}` : (status ?? '-');
}
