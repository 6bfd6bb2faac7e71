import type { Progress } from '../context.js';

/** How far a step is, as one line: bytes in MB, and per cent where the whole is known. */
export function renderProgress({ text, detail, done, total }: Progress): string {
  if (done === undefined) return detail === undefined ? text : `${text}: ${detail}`;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  if (total === undefined) return `${text}: ${megabytes(done)} MB`;
  return `${text}: ${megabytes(done)} of ${megabytes(total)} MB (${Math.floor((done / total) * 100)} %)`;
}
