import type { Progress } from '../context.js';

const barWidth = 20;

/**
 * How far a step is, as one line: what it does, or a bar with size, speed and time left where it moves bytes.
 *
 * @param speed bytes per second so far
 */
export function renderProgress({ text, detail, done, total }: Progress, speed = 0): string {
  if (done === undefined) return detail === undefined ? text : `${text}: ${detail}`;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const pace = speed > 0 ? `, ${megabytes(speed)} MB/s` : '';
  if (total === undefined) return `${text}: ${megabytes(done)} MB${pace}`;
  const full = Math.floor((done / total) * barWidth);
  const left = speed > 0 ? `, ${Math.ceil((total - done) / speed)} s left` : '';
  return `${text}: [${'#'.repeat(full).padEnd(barWidth)}] ${megabytes(done)} of ${megabytes(total)} MB${pace}${left}`;
}
