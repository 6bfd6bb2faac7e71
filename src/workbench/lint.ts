/** What is wrong with a series by itself, without a package. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Range from 'semver/classes/range.js';
import intersects from 'semver/ranges/intersects.js';
import minVersion from 'semver/ranges/min-version.js';
import { readFields } from '../deb/control.js';
import { defaultPackage } from '../default-package.js';
import { failInput } from '../errors.js';
import { rangeUpTo } from '../patches/kernel-range.js';
import { type Patch, parsePatch } from '../patches/patch.js';
import { checkOrder, parseSeries, serialOf } from '../patches/series.js';
import { faultsOf } from './own-series.js';
import { splitPatch } from './patch-text.js';

export interface Fault {
  file: string;
  line: number;
  of: 'series' | 'package';
  detail: string;
}

/** What ranges are held against. */
export interface Known {
  /** The versions of MFT, as major.minor.patch. */
  mft: readonly string[];
  /** The newest kernel, as major.minor. */
  kernel: string;
  /** YYYY-MM-DD. */
  today: string;
}

export interface LintedSeries {
  directory: string;
  /** Those that can be read, in the order of the series. */
  patches: Patch[];
  /** How many the series names. */
  named: number;
  faults: Fault[];
}

/** Checks a series and its patches. @throws no-input if the directory has none */
export async function lintSeries(directory: string, known: Known): Promise<LintedSeries> {
  const path = join(directory, 'series');
  const hint = 'pass a directory with a series, as mft-patch save writes it';
  const [text, files] = await Promise.all([
    readFile(path, 'utf8').catch((error) => failInput(path, error, hint)),
    readdir(directory).catch((error) => failInput(directory, error, hint)),
  ]);
  const faults: Fault[] = [];
  const say = (file: string, line: number, detail: string) => faults.push({ file, line, of: 'series', detail });
  const patches: Patch[] = [];
  const names = namesIn(text, (line, detail) => say(path, line, detail));
  for (const [index, { name, line }] of names.entries()) {
    const file = join(directory, name);
    if (names.findIndex((other) => other.name === name) < index) say(path, line, `${name} is named twice`);
    else if (!files.includes(name)) say(path, line, `${name} is missing`);
    else patches.push(...(await lintPatch(file, name, known, faults)));
  }
  for (const name of files.filter((one) => one.endsWith('.patch') && !names.some((other) => other.name === one)).sort())
    say(join(directory, name), 1, 'is not in the series');
  sayAll(
    () => checkOrder(patches),
    (detail) => say(path, 1, detail),
  );
  const line = /^# Serial: /m.test(text) && faults.length === 0 ? serialOf(text, patches).line : undefined;
  if (line !== undefined) say(path, lineOf(text, /^# Serial: /), `the patches have changed: write '${line}'`);
  return { directory, patches, named: names.length, faults };
}

/** Each line of a series is read by itself, so that one that is wrong hides no other. */
function namesIn(text: string, say: (line: number, detail: string) => void): { name: string; line: number }[] {
  return text.split('\n').flatMap((line, index) => {
    let names: string[] = [];
    sayAll(
      () => {
        names = parseSeries(line);
      },
      (detail) => say(index + 1, detail),
    );
    return names.map((name) => ({ name, line: index + 1 }));
  });
}

function sayAll(work: () => void, say: (detail: string) => void): void {
  try {
    work();
  } catch (error) {
    for (const { detail } of faultsOf(error)) say(detail);
  }
}

async function lintPatch(file: string, name: string, known: Known, faults: Fault[]): Promise<Patch[]> {
  const bytes = await readFile(file).catch((error) => failInput(file, error));
  const { header } = splitPatch(bytes);
  const say = (field: string, detail: string) =>
    faults.push({ file, line: lineOf(header, new RegExp(`^${field}:`, 'i')), of: 'series', detail: `field ${field} ${detail}` });
  try {
    const patch = parsePatch(name, bytes);
    lintFields(header, say);
    lintRanges(patch, known, say);
    if (patch.lastUpdate > known.today) say('Last-Update', `is in the future: ${patch.lastUpdate}`);
    return [patch];
  } catch (error) {
    for (const { line = 1, detail } of faultsOf(error)) faults.push({ file, line, of: 'series', detail });
    return [];
  }
}

/** What the program does not need, and who takes the patch does. */
function lintFields(header: string, say: (field: string, detail: string) => void): void {
  const fields = readFields(header);
  for (const field of ['Origin', 'License']) if (!fields.get(field.toLowerCase())) say(field, 'is missing');
}

function lintRanges(patch: Patch, known: Known, say: (field: string, detail: string) => void): void {
  const { kernel, mft, goodOnOlder, probe } = patch;
  const reached = goodOnOlder || probe ? rangeUpTo(patch) : kernel;
  // Linux 2.6.11 is the oldest that the drivers know.
  if (isEmpty(kernel)) say('Kernel', `holds no version: ${kernel.raw}`);
  else if (!intersects(reached, `>=2.6.11 <=${known.kernel}.99999`))
    say('Kernel', `is not reached: no kernel from 2.6.11 to ${known.kernel}, the newest known, is in ${kernel.raw}`);
  if (isEmpty(mft)) say('MFT', `holds no version: ${mft.raw}`);
  else if (patch.package === defaultPackage && !known.mft.some((version) => mft.test(version)))
    say('MFT', `is not reached: no known release is in ${mft.raw}`);
  const hasOlder = (minVersion(kernel)?.compare('2.6.11') ?? 0) > 0;
  if (!goodOnOlder && hasOlder && !probe)
    say('Good-On-Older', `is no, and there is no Probe: kernels below ${kernel.raw} that carry the same change are never patched`);
  if (goodOnOlder && probe && kernel.raw !== '*')
    say('Probe', 'is never asked: Good-On-Older is yes, so that older kernels get the patch anyway');
}

function isEmpty(range: Range): boolean {
  return minVersion(range) === null || !intersects(range, '*');
}

/** The line that a text has it in; the first if it has it in none. */
export function lineOf(text: string, wanted: RegExp): number {
  return (
    Math.max(
      text.split('\n').findIndex((line) => wanted.test(line)),
      0,
    ) + 1
  );
}
