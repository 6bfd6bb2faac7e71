/** Validates data files that a user edits, with the line of each fault. Loaded with the file, since valibot takes 10 ms. */
import { findNodeAtLocation, type JSONPath, parseTree } from 'jsonc-parser';
import * as v from 'valibot';
import { type FileFault, fail, failFile } from '../errors.js';
import { parseJson } from './json.js';
import { closestNames } from './suggest.js';

/** An object of just these fields: a misspelt one is a fault, as an editor with the JSON Schema shows it. */
export function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  // Without a prototype: valibot asks with `in`, and would know `constructor` and `toString`.
  const known: Entries = Object.assign(Object.create(null), entries);
  return v.strictObject(known, Object.keys(entries).join(', '));
}

/**
 * Parses the text of a data file and checks it.
 *
 * @param file names it in errors
 * @throws bad-catalogue with all faults and their lines
 */
export function parseDataFile<Schema extends v.GenericSchema>(schema: Schema, file: string, text: string): v.InferOutput<Schema> {
  const data = parseJson(file, text);
  if (Array.isArray(data)) fail({ code: 'bad-catalogue', file, line: 1, detail: 'expected an object, found a list' });
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  const lineOf = linesIn(text);
  const faults = result.issues.flatMap((issue): FileFault[] => {
    if (isUnknown(issue)) return unknownFields(issue).map((path) => ({ line: lineOf(path), detail: unknownField(path, issue) }));
    const path = pathOf(issue);
    return [{ line: lineOf(isMissing(issue) ? path.slice(0, -1) : path), detail: describe(issue) }];
  });
  return failFile(
    file,
    faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  );
}

/** Finds the line of each value in the text of a JSON file; of a field that of its name. */
export function linesIn(text: string): (path: JSONPath) => number {
  const tree = parseTree(text);
  return (path) => {
    const node = tree && findNodeAtLocation(tree, path);
    const place = node?.parent?.type === 'property' ? node.parent : node;
    return text.slice(0, place?.offset ?? 0).split('\n').length;
  };
}

/** A fault in words: the field that it is in, and what is expected there. */
export function describe(issue: v.BaseIssue<unknown>): string {
  const field = nameOf(pathOf(issue));
  if (isMissing(issue)) return `missing field '${field}'`;
  const isOwn = !issue.message.startsWith('Invalid type: ') && issue.type !== 'strict_object';
  const words = isOwn ? issue.message : `expected ${(issue.expected ?? '').toLowerCase()}, found ${issue.received}`;
  return field === '' ? words : `${field}: ${words}`;
}

/** How many known fields an error lists. */
const mostListed = 20;

function isUnknown(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** valibot reports a field that is missing with its name as what it expected. */
function isMissing(issue: v.BaseIssue<unknown>): boolean {
  return /_?object$/.test(issue.type) && issue.received === 'undefined' && issue.path !== undefined;
}

/** The paths of all unknown fields of an object: valibot stops at the first. */
function unknownFields(issue: v.BaseIssue<unknown>): JSONPath[] {
  const known = issue.message.split(', ');
  const object = issue.path?.at(-1)?.input as Record<string, unknown>;
  const above = pathOf(issue).slice(0, -1);
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => [...above, name]);
}

function unknownField(path: JSONPath, { message }: v.BaseIssue<unknown>): string {
  const known = message.split(', ');
  const [close] = closestNames(String(path.at(-1)), known);
  const hint = known.length > mostListed ? `did you mean '${close}'?` : `known fields: ${message}`;
  return `unknown field '${nameOf(path)}' (${hint})`;
}

function pathOf(issue: v.BaseIssue<unknown>): JSONPath {
  return (issue.path ?? []).map(({ key }) => key as string | number);
}

function nameOf(path: JSONPath): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`)).join('');
}
