/** What `repo` prints. */
import * as v from 'valibot';
import { bytes, sha256, text } from './common.js';
import { moment } from './verdict.js';

export const repoDocument = v.object({
  schema: v.literal('mft-patch/repo@1'),
  directory: text('the archive, as it was named'),
  source: text('the line of sources.list for a machine that has this directory'),
  date: v.pipe(moment, v.description('the date of the archive, which Release has; it never goes back')),
  signedBy: v.exactOptional(text('the fingerprint of the key that signed the archive; missing if nobody did')),
  packages: v.array(
    v.object({
      file: text('its name in the directory'),
      package: v.string(),
      version: v.string(),
      architecture: v.string(),
      sha256,
      bytes,
    }),
  ),
  files: v.pipe(v.array(v.object({ path: v.string(), sha256, bytes })), v.description('the index of the archive')),
});
export type RepoDocument = v.InferOutput<typeof repoDocument>;
