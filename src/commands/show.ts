import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSource } from '../bundle/read-source.js';
import type { Context } from '../context.js';
import { controlFields, readDeb } from '../deb/deb.js';
import type { MatrixDocument, ShowDocument } from '../documents/index.js';
import { failInput, MftPatchError } from '../errors.js';
import { type BuildRecord, readRecord, recordedVerdicts, recordName } from '../output/record.js';
import { insideOf } from '../packaging/inside.js';
import { isPatchedVersion, vendorVersion } from '../packaging/version.js';
import { xz } from '../system/xz.js';

/** Shows what a package is, from its own content and what lies beside it: its record, and the result of a matrix. @throws input failures */
export async function show(path: string, context: Context): Promise<ShowDocument> {
  await stat(path).catch((error) => failInput(path, error, 'check the path'));
  const { bytes, sha256 } = await readSource({ kind: 'deb', path }, context);
  const deb = await readDeb(bytes, path, xz);
  const fields = controlFields(deb, path);
  const [name = '', version = '', architecture = ''] = ['package', 'version', 'architecture'].map((field) => fields.get(field) ?? '');
  const record = await recordOf(path, sha256);
  const { patches, guard, modules } = await insideOf(deb, path);
  const [, kind, serial] = /\+mftpatch\.(universal|baked)(\d{10}(?:\.own\d{10})*(?:\.local)?)/.exec(version) ?? [];
  const digests = new Map(record?.patches.map((patch) => [patch.id, patch.sha256]));
  return {
    schema: 'mft-patch/show@1',
    ...{ path, sha256, bytes: bytes.length },
    ...{ package: name, version, architecture },
    kind: kind === 'universal' || kind === 'baked' ? kind : modules.length > 0 ? 'vendor' : 'other',
    ...(isPatchedVersion(version) ? { vendorVersion: vendorVersion(version) } : {}),
    ...(serial === undefined ? {} : { serial }),
    patches: patches.map((patch) => {
      const digest = patch.sha256 ?? digests.get(patch.id);
      return { ...patch, ...(digest === undefined ? {} : { sha256: digest }) };
    }),
    guard,
    modules,
    depends: ['pre-depends', 'depends'].flatMap((field) => fields.get(field)?.split(/\s*,\s*/) ?? []).filter((text) => text !== ''),
    proven: await provenOf(path, sha256, record),
  };
}

/** The record beside a package, if it is of these bytes. */
async function recordOf(path: string, sha256: string): Promise<BuildRecord | undefined> {
  try {
    const record = await readRecord(recordName(path));
    return record.artifact.sha256 === sha256 ? record : undefined;
  } catch (error) {
    if (error instanceof MftPatchError) return undefined;
    throw error;
  }
}

type Proven = ShowDocument['proven'];

/** The verdicts on these bytes. That of the record and of the matrix are one where both have it. */
async function provenOf(path: string, sha256: string, record: BuildRecord | undefined): Promise<Proven> {
  const matrix = join(dirname(path), 'matrix.json');
  const cells = (await matrixOf(matrix))?.cells ?? [];
  const isOf = ({ on, standsFor }: MatrixDocument['cells'][number]['patched']) => (standsFor?.package ?? on?.package) === sha256;
  const verdicts = [
    ...(record ? await recordedVerdicts(recordName(path)) : []).map(({ target, kernel, release, status, on }) => ({
      ...{ target, kernel, release, status, date: on?.date, source: recordName(path) },
    })),
    ...cells.flatMap(({ target, kernel, release, patched }) => {
      const { status, on } = patched;
      return status === 'missing' || !isOf(patched) ? [] : [{ target, kernel, release, status, date: on?.date, source: matrix }];
    }),
  ];
  const first = verdicts.filter(
    (one, index) => verdicts.findIndex(({ target, date }) => target === one.target && date === one.date) === index,
  );
  return first.map(({ date, ...verdict }) => ({ ...verdict, ...(date === undefined ? {} : { date }) }));
}

async function matrixOf(path: string): Promise<MatrixDocument | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [{ safeParse }, { matrixDocument }] = await Promise.all([import('valibot'), import('../documents/matrix.js')]);
  try {
    const result = safeParse(matrixDocument, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
