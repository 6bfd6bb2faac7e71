/** mft-patch.json: options that a project repeats. Each key is the long name of an option, in camelCase. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Option } from '@commander-js/extra-typings';
import * as v from 'valibot';
import { fail, failFile, failInput, MftPatchError, messageOf } from '../errors.js';
import { fields, linesIn, parseDataFile } from '../system/data-file.js';
import { options } from './options.js';
import { type Key, keys } from './project-keys.js';

const lists: Key[] = ['bundle', 'deb', 'mft', 'patches', 'kernel', 'report'];
const numbers: Key[] = ['timeout', 'processes', 'jobs'];
const paths: Key[] = [
  'bundle',
  'deb',
  'patches',
  'kernelsDir',
  'releases',
  'kernelSource',
  'kernelConfig',
  'signKey',
  'signCert',
  'lock',
  'cacheDir',
  'out',
  'report',
  'history',
];

type Value = boolean | number | string | string[];

/** A key of the file that holds. */
export interface Setting {
  key: Key;
  line: number;
  /** As it is in the file, but for paths, which are relative to the working directory. */
  value: Value;
  /** As the option gives it. */
  parsed: unknown;
}

function schemaOf(key: Key) {
  const option = options[key] as Option;
  return v.pipe(kindOf(key, option), v.rawCheck<Value>(parses(option)), v.description<Value, string>(option.description));
}

function kindOf(key: Key, option: Option): v.GenericSchema<Value> {
  if (!option.required && !option.optional) return v.boolean('must be true or false');
  if (key === 'sample') return v.union([v.boolean(), v.string(), v.array(v.string())], 'must be true, or the names of layouts');
  if (numbers.includes(key)) return v.number('must be a number');
  if (option.argChoices) return v.picklist(option.argChoices, `must be one of: ${option.argChoices.join(', ')}`);
  return lists.includes(key)
    ? v.union([v.string(), v.array(v.string())], 'must be a string or a list of strings')
    : v.string('must be a string');
}

/** Checks a value as it is checked on the command line. */
function parses(option: Option): Parameters<typeof v.rawCheck<Value>>[0] {
  return ({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      parse(option, dataset.value);
    } catch (error) {
      // commander shows these words as a sentence.
      addIssue({ message: messageOf(error).replace(/^It /, '').replace(/\.$/, '') });
    }
  };
}

function parse(option: Option, value: Value): unknown {
  const { parseArg } = option;
  if (parseArg === undefined) return value;
  // Without its argument an option may stand for one.
  if (typeof value === 'boolean')
    return value && typeof option.presetArg === 'string' ? parseArg(option.presetArg, undefined as never) : value;
  const texts = Array.isArray(value) ? value : [String(value)];
  return texts.reduce<unknown>((before, text) => parseArg(text, before as never), undefined);
}

/** The project file. */
export const projectFile = fields({
  $schema: v.exactOptional(v.string()),
  ...(Object.fromEntries(keys.map((key) => [key, v.exactOptional(schemaOf(key))])) as unknown as Record<
    Key,
    v.ExactOptionalSchema<v.GenericSchema<Value>, undefined>
  >),
});

/** What contradicts each other in a file. */
const exclusive: Key[][] = [
  ['bundle', 'deb', 'mft', 'sample'],
  ['verify', 'noVerify'],
  ['noVerify', 'modules'],
  ['onlyFailed', 'modules'],
];

/**
 * Reads a project file.
 *
 * @param named the path that --config gives; without, mft-patch.json of the working directory counts if it is there
 * @returns its path and what it sets; undefined if there is none
 * @throws no-input; bad-catalogue with all faults of the file
 */
export async function readProjectFile(named: string | undefined): Promise<{ path: string; settings: Setting[] } | undefined> {
  const path = named ?? 'mft-patch.json';
  const text = await readFile(path, 'utf8').catch((error) =>
    named === undefined && error.code === 'ENOENT' ? undefined : failInput(path, error, 'check --config'),
  );
  if (text === undefined) return undefined;
  const values = parseValues(path, text);
  const lineOf = linesIn(text);
  const set = keys.filter((key) => values[key] !== undefined && values[key] !== false);
  for (const list of exclusive) {
    const [first, second] = list.filter((key) => set.includes(key));
    if (first && second) failFile(path, [{ line: lineOf([second]), detail: `${second}: does not go together with ${first}` }]);
  }
  const settings = set.map((key): Setting => {
    const value = paths.includes(key) ? placed(values[key] ?? '', dirname(path)) : (values[key] ?? '');
    return { key, line: lineOf([key]), value, parsed: parse(options[key] as Option, value) };
  });
  return { path, settings };
}

/** @throws bad-catalogue */
function parseValues(path: string, text: string): Partial<Record<Key, Value>> {
  try {
    return parseDataFile(projectFile, path, text) as Partial<Record<Key, Value>>;
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'bad-catalogue') throw error;
    return fail(
      { ...error.failure, hint: 'fix this file: its keys are the long options in camelCase, as mft-patch help COMMAND lists them' },
      error,
    );
  }
}

/** A path of the file, as it is from the working directory. URLs, and - for standard input, stay. */
function placed(value: Value, directory: string): Value {
  if (Array.isArray(value)) return value.map((one) => placed(one, directory) as string);
  const text = String(value);
  const isElsewhere = text === '-' || isAbsolute(text) || /^[a-z]+:\/\//i.test(text) || /^file:/i.test(text);
  return isElsewhere || resolve(directory) === resolve('.') ? text : join(directory, text);
}
