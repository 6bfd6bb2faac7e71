/** Finds what a package of ours was made from. */
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { loadSample, packSample, sampleNames } from '../bundle/sample.js';
import type { SourceOptions } from '../bundle/vendor-package.js';
import { fail } from '../errors.js';
import type { BuildRecord } from './record.js';

/** Where the input of a build is to be had: what the user says, else what its record says. @throws no-input if it is nowhere */
export async function sourceOf({ input, artifact }: BuildRecord, recordPath: string, options: SourceOptions): Promise<SourceOptions> {
  const { bundle, deb, mft, sample } = options;
  if (bundle !== undefined || deb !== undefined || mft !== undefined || sample) return options;
  if (input.path.startsWith('sample:')) return { ...options, sample: await sampleOf(input.path) };
  if (/^https?:\/\//i.test(input.path))
    return { ...(input.bundleSha256 === undefined ? {} : { sha256: input.bundleSha256 }), ...options, bundle: input.path };
  const path = await findInput(input.path, artifact.path, recordPath);
  return { ...options, ...(input.member === '' ? { deb: path } : { bundle: path }) };
}

/**
 * A path of the record as it holds here. It is relative to the record's directory; in a record of mft-patch 0.1 to where `build`
 * ran, and so is the package's own path, which leads back there. What is in the working directory comes last: a file of that
 * name is another one as a rule.
 */
async function findInput(input: string, artifact: string, recordPath: string): Promise<string> {
  const origin = resolve(dirname(recordPath), isAbsolute(artifact) ? '.' : relative(dirname(artifact), '.'));
  const places = [resolve(origin, input), input];
  for (const place of places) if (await stat(place).catch(() => undefined)) return place;
  return fail({
    code: 'no-input',
    path: input,
    detail: 'not found, neither relative to the record nor to the current directory',
    hint: 'pass where it is now with --bundle or --deb',
  });
}

/** The generation of the sample whose bundle has this name. */
async function sampleOf(path: string): Promise<string> {
  for (const name of await sampleNames()) if (`sample:${packSample(await loadSample(name)).name}` === path) return name;
  return fail({ code: 'no-input', path, detail: 'no such sample any more' });
}
