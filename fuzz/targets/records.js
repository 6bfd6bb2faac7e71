/** Records of builds, as `rebuild` takes them. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli } from '../cli.js';
import { plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';

/** What a record is edited from: made when the first is wanted. */
async function recordsIn(place) {
  const out = join(place, 'built');
  if (!existsSync(out))
    for (const kernel of [[], ['--kernel', '7.3']]) await cli(['build', '--sample', 'nnt', ...kernel, '--no-verify', '--out', out], []);
  return readdirSync(out)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readFileSync(join(out, name)));
}

export function recordTarget() {
  return {
    inputs: plainInput(2),
    // The edits go along as they are, since the record itself is made where the input runs.
    bytes: (input) => Buffer.from(JSON.stringify(input)),
    run: async (bytes, place) => {
      const record = plainBytes(await recordsIn(place), JSON.parse(bytes.toString()));
      const path = join(place, 'built', 'edited.build.json');
      writeFileSync(path, record);
      const codes = ['usage', 'no-input', 'digest-mismatch', 'download-failed', 'package-unfit'];
      const { code, status, differences } = await cli(['rebuild', path, '--offline', '--cache-dir', join(place, 'cache')], codes);
      rmSync(path);
      if ((status === 'equal') !== (differences?.length === 0)) throw new Fault('wrong', `${status} with ${JSON.stringify(differences)}`);
      return code ?? (status === 'equal' ? 'accepted' : status);
    },
  };
}
