/** The header of a new patch: from flags and a diagnosis, and the rest asked for, or all that is missing named at once. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { fail, failInput } from '../errors.js';
import { parseHeader } from '../patches/header.js';
import { parseDataFile } from '../system/data-file.js';
import { fieldName, type HeaderFields, missingFields, requiredFields, withFields } from './patch-text.js';

/** Asks a person. @returns the answer; undefined at the end of the input */
export type Ask = (question: string) => Promise<string | undefined>;

/** The flag of each field, and what to write there. */
const flags: Readonly<Record<string, [flag: string, meaning: string]>> = {
  Description: ['--description', 'one line: what the patch does'],
  Origin: ['--origin', 'where the fix comes from, as in: other, linux commit 1aaba11da9aa'],
  License: ['--license', 'that of the source, as in: Dual BSD/GPL, as the source that it changes'],
  Kernel: ['--kernel-range', 'kernels that need it, as in: >=6.4; * for all'],
  MFT: ['--mft-range', 'releases of MFT that need it, as in: >=4.21.0 <4.26.0; * for all'],
  'Good-On-Older': ['--good-on-older', 'yes or no, then why: whether the patched source builds on older kernels, too'],
  Probe: ['--probe', "how a kernel's headers show that it needs the fix"],
  'Needed-If': ['--needed-if', 'a regular expression that the changed files match if they have the fault'],
  Symptom: ['--symptom', "the compiler's words without the patch"],
};

/** The header fields of a document of `diagnose`. @throws no-input, bad-catalogue; usage if it has none */
export async function readDiagnosis(path: string): Promise<HeaderFields> {
  const text = await readFile(path, 'utf8').catch((error) => failInput(path, error, 'check --diagnosis'));
  const { header } = parseDataFile(v.object({ header: v.exactOptional(v.record(v.string(), v.string())) }), path, text);
  if (header === undefined)
    return fail({
      code: 'usage',
      detail: `${path}: the diagnosis has no header of a patch`,
      hint: 'omit --diagnosis, and pass the fields',
    });
  return Object.fromEntries(Object.entries(header).flatMap(([name, value]) => [[fieldName(name) ?? name, value]]));
}

/**
 * All fields of a new patch.
 *
 * @param command what was typed, for the template: the command line up to the flags of the header
 * @param ask undefined where there is no terminal
 * @throws usage with all that is missing
 */
export async function fillHeader(id: string, given: HeaderFields, command: string, ask: Ask | undefined): Promise<HeaderFields> {
  // What is pasted from the template without being filled in is as good as missing.
  const fields: Record<string, string> = Object.fromEntries(Object.entries(given).filter(([, value]) => !/^<.*>$/.test(value.trim())));
  for (const name of ask ? missingFields(fields) : []) {
    const answer = await askFor(name, ask);
    if (answer === undefined) break;
    fields[name] = answer;
  }
  const missing = missingFields(fields);
  if (missing.length > 0)
    fail({
      code: 'usage',
      detail: [`${id}: missing header fields: ${missing.join(', ')}`, ...template(command, fields)].join('\n'),
      hint: 'run this with each <…> filled in, or run save on a terminal to be asked',
    });
  const faults = faultsIn(fields);
  if (faults.length > 0)
    fail({ code: 'usage', detail: `${id}: ${faults.join('; ')}`, hint: 'pass another value; see mft-patch help save' });
  return fields;
}

async function askFor(name: string, ask: Ask | undefined): Promise<string | undefined> {
  for (;;) {
    const answer = (await ask?.(`${name} (${flags[name]?.[1]}): `))?.trim();
    if (answer === undefined) return undefined;
    const [fault] = faultsIn({ [name]: answer }).filter((words) => words.startsWith(`field ${name} `));
    if (answer !== '' && fault === undefined) return answer;
    if (fault !== undefined) await ask?.(`${fault}; press Enter and try again `);
  }
}

/** What is wrong with the values, those that are missing left out. */
export function faultsIn(fields: HeaderFields): string[] {
  const day = '2000-01-01';
  const faults = parseHeader(withFields('', { 'Last-Update': day, ...fields }));
  const isGiven = (detail: string) => Object.keys(fields).some((name) => detail.startsWith(`field ${name} `));
  return Array.isArray(faults) ? faults.map(({ detail }) => detail).filter(isGiven) : [];
}

/** The command with all flags, those that are known filled in. */
function template(command: string, fields: HeaderFields): string[] {
  const names = Object.keys(flags).filter((name) => fields[name] !== undefined || requiredFields.some((required) => required === name));
  const lines = names.map((name) => `    ${flags[name]?.[0]} ${quoted(fields[name] ?? `<${flags[name]?.[1]}>`)}`);
  return [`  ${command} \\`, ...lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line))];
}

/** A word as a POSIX shell takes it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
