/** The text of a patch file: its header and its diff. */
import { readFields } from '../deb/control.js';
import { sha256 } from '../system/digest.js';

/** The fields that a patch of one's own must have, as they are written, in their order. `Last-Update` is written by the program. */
export const requiredFields = ['Description', 'Origin', 'License', 'Kernel', 'MFT', 'Good-On-Older', 'Symptom'] as const;
/** All that the program writes, in their order. */
const order = [
  'Description',
  'Origin',
  'License',
  'Last-Update',
  'Package',
  'Replaces',
  'Applies',
  'Kernel',
  'MFT',
  'Architecture',
  'Good-On-Older',
  'Probe',
  'Needed-If',
  'Symptom',
];

/** Values by the names of fields, as they are written. */
export type HeaderFields = Readonly<Record<string, string>>;

/** Splits a patch file: the header is UTF-8, the diff of any encoding, as Latin-1. */
export function splitPatch(bytes: Buffer): { header: string; diff: string } {
  const start = /^(?:---(?: |$)|diff |Index: )/m.exec(bytes.toString('latin1'))?.index ?? bytes.length;
  return { header: bytes.toString('utf8', 0, start), diff: bytes.toString('latin1', start) };
}

export function joinPatch(header: string, diff: string): Buffer {
  return Buffer.concat([Buffer.from(header, 'utf8'), Buffer.from(diff, 'latin1')]);
}

/** Stands for what a patch changes, whatever its header says. */
export function diffDigest(bytes: Buffer): string {
  return sha256(splitPatch(bytes).diff);
}

/** The name of a field as it is written, by its name in any case; undefined for one that is not known. */
export function fieldName(name: string): string | undefined {
  return order.find((known) => known.toLowerCase() === name.toLowerCase());
}

/** The known fields of a header. */
export function headerFields(header: string): HeaderFields {
  const read = readFields(header);
  return Object.fromEntries(
    order.flatMap((name) => (read.get(name.toLowerCase()) === undefined ? [] : [[name, read.get(name.toLowerCase()) ?? '']])),
  );
}

/** The required fields that have no value, in their order. */
export function missingFields(fields: HeaderFields): string[] {
  return requiredFields.filter((name) => (fields[name] ?? '').trim() === '');
}

/** A header with values in it: in the place of those that it has, the others in their order, and all else as it was. */
export function withFields(header: string, values: HeaderFields): string {
  const lines = header.trimEnd() === '' ? [] : header.trimEnd().split('\n');
  for (const name of order) {
    const value = values[name];
    if (value === undefined) continue;
    const text = `${name}: ${value
      .trim()
      .replace(/\n(?!\n)[ \t]*/g, '\n ')
      .replace(/\n \n/g, '\n .\n')}`.split('\n');
    const place = lines.findIndex((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    const next = lines.findIndex((line) => order.indexOf(fieldName(line.split(':')[0] ?? '') ?? '') > order.indexOf(name));
    if (place >= 0) lines.splice(place, 1 + continued(lines.slice(place + 1)), ...text);
    else lines.splice(next < 0 ? lines.length : next, 0, ...text);
  }
  return `${lines.join('\n')}\n\n`;
}

/** How many lines continue the field before them. */
function continued(lines: readonly string[]): number {
  const end = lines.findIndex((line) => !/^[ \t]/.test(line));
  return end < 0 ? lines.length : end;
}
