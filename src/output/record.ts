import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail, wordsOf } from '../errors.js';

/** What a rebuild needs of a build's record. Records come from anywhere: only what is listed here is taken, and each value is checked. */
export interface BuildRecord {
  kernel: { requested: string; version: string };
  input: { path: string; member: string; sha256: string; bundleSha256?: string };
  patches: { id: string; sha256: string; isInside: boolean }[];
  /** The package; `path` is where `build` wrote it, relative to where that ran. */
  artifact: { path: string; name: string; sha256: string; bytes: number };
  /** The names of what else was written. */
  others: string[];
}

/** A record has a few kilobytes; with the verdicts of a whole matrix, some more. */
const recordLimit = 4 * 1024 * 1024;

/**
 * Reads the record that `build` or `matrix` wrote.
 * @throws usage if there is none in the file
 */
export async function readRecord(path: string): Promise<BuildRecord> {
  try {
    return recordOf(JSON.parse(await readLimited(path)));
  } catch (error) {
    return fail(
      { code: 'usage', detail: `${path} is no build record: ${wordsOf(error)}`, hint: 'give a .build.json of build or matrix' },
      error,
    );
  }
}

async function readLimited(path: string): Promise<string> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new TypeError('it is not a file');
  if (stats.size > recordLimit) throw new RangeError(`it has ${stats.size} bytes`);
  return readFile(path, 'utf8');
}

/** @throws TypeError naming the value that is wrong */
function recordOf(document: unknown): BuildRecord {
  const { schema, kernel, input, patches, artifacts } = object(document, 'the document');
  if (schema !== 'mft-patch/build@1') throw new TypeError('its schema is not mft-patch/build@1');
  const [artifact, ...others] = list(artifacts, 'artifacts').map(artifactOf);
  if (artifact === undefined) throw new TypeError('artifacts names no package');
  if (!/^[\w.+~:-]+\.deb$/.test(artifact.name)) throw new TypeError('artifacts does not begin with a package');
  return {
    kernel: kernelOf(kernel),
    input: inputOf(input),
    patches: list(patches, 'patches').map(patchOf),
    artifact,
    others: others.map(({ name }) => name),
  };
}

function kernelOf(value: unknown): BuildRecord['kernel'] {
  const { requested, version } = object(value, 'kernel');
  return { requested: text(requested, 'kernel.requested'), version: text(version, 'kernel.version', /^(\d{1,5}\.\d{1,5}\.\d{1,5})?$/) };
}

function inputOf(value: unknown): BuildRecord['input'] {
  const { path, member, sha256, bundleSha256 } = object(value, 'input');
  return {
    path: text(path, 'input.path', /./),
    member: text(member, 'input.member'),
    sha256: text(sha256, 'input.sha256', hex),
    ...(bundleSha256 === undefined ? {} : { bundleSha256: text(bundleSha256, 'input.bundleSha256', hex) }),
  };
}

function patchOf(value: unknown): BuildRecord['patches'][number] {
  const { id, sha256, status } = object(value, 'a patch');
  const known = text(status, 'status of a patch', /^(applied|already-applied|not-needed)$/);
  return { id: text(id, 'id of a patch', /^[^/]+$/), sha256: text(sha256, 'sha256 of a patch', hex), isInside: known !== 'not-needed' };
}

function artifactOf(value: unknown): BuildRecord['artifact'] {
  const { path, sha256, bytes } = object(value, 'an artifact');
  if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) throw new TypeError('bytes of an artifact is no size');
  const where = text(path, 'path of an artifact', /[^/.]$/);
  return { path: where, name: basename(where), sha256: text(sha256, 'sha256 of an artifact', hex), bytes: bytes as number };
}

const hex = /^[0-9a-f]{64}$/;

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} is no object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is no list`);
  return value;
}

function text(value: unknown, what: string, form = /^/): string {
  if (typeof value !== 'string' || !form.test(value) || value.includes('\0')) throw new TypeError(`${what} is not what it should be`);
  return value;
}
