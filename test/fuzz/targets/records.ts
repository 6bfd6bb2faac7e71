/** Build records, as `rebuild` reads them. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildDocument, RebuildDocument } from '../../../build/documents/index.js';
import { cli, isError } from '../cli.js';
import { type PlainInput, plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';
import type { FuzzTarget } from '../target.js';

/** The records that are edited. The first input makes them. */
async function recordsIn(place: string): Promise<Buffer[]> {
  const out = join(place, 'built');
  if (!existsSync(out))
    for (const kernel of [[], ['--kernel', '7.3']])
      await cli<BuildDocument>(['build', '--sample', 'nnt', ...kernel, '--no-verify', '--out', out], []);
  return readdirSync(out)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readFileSync(join(out, name)));
}

export function recordTarget(): FuzzTarget<PlainInput> {
  return {
    inputs: plainInput(2),
    // The edits are sent as they are: the record itself is made where the input runs.
    bytes: (input) => Buffer.from(JSON.stringify(input)),
    run: async (bytes, place) => {
      const record = plainBytes(await recordsIn(place), JSON.parse(bytes.toString()));
      const path = join(place, 'built', 'edited.build.json');
      writeFileSync(path, record);
      const args = ['rebuild', path, '--offline', '--cache-dir', join(place, 'cache')];
      const document = await cli<RebuildDocument>(args, ['usage', 'no-input', 'digest-mismatch', 'download-failed', 'package-unfit']);
      rmSync(path);
      if (isError(document)) return document.code;
      const { status, differences } = document;
      if ((status === 'equal') !== (differences.length === 0)) throw new Fault('wrong', `${status} with ${JSON.stringify(differences)}`);
      return status === 'equal' ? 'accepted' : status;
    },
  };
}
