/** Writes patches into a series. */
import { join } from 'node:path';
import type { Context } from '../context.js';
import type { Patch } from '../patches/patch.js';
import { ownSerialOf } from '../patches/series.js';
import { writeAtomic } from '../system/stage.js';
import type { OwnSeries } from './own-series.js';

/** Writes the patches, then the series, which names new ones at its end. @throws cannot-write, usage if one is an input */
export async function writeSeries(series: OwnSeries, changed: readonly Patch[], context: Context): Promise<void> {
  const { directory, patches } = series;
  const added = changed.filter(({ id }) => !patches.some((patch) => patch.id === id));
  const all = [...patches.map((patch) => changed.find(({ id }) => id === patch.id) ?? patch), ...added];
  const start =
    series.text === '' ? '# In the order in which they are applied; quilt reads this file, too.\n' : series.text.replace(/\n*$/, '\n');
  const text = withSerial(start + added.map(({ id }) => `${id}.patch\n`).join(''), all);
  for (const { id, bytes } of changed) await writeAtomic(join(directory, `${id}.patch`), bytes, context);
  if (text !== series.text) await writeAtomic(join(directory, 'series'), text, context);
}

/** The serial number stands for the patches: packages with changed ones sort above the older ones. */
function withSerial(text: string, patches: readonly Patch[]): string {
  const { line } = ownSerialOf(text, patches);
  if (line === undefined) return text;
  if (/^# Serial: /m.test(text)) return text.replace(/^# Serial: .*$/m, line);
  return text.replace(/^(?!#)/m, `${line}\n`);
}
