/** What `config` prints. */
import * as v from 'valibot';
import { text } from './common.js';

const value = v.union([v.boolean(), v.number(), v.string(), v.array(v.string())]);

const origin = v.object({
  kind: v.pipe(v.picklist(['flag', 'file', 'environment', 'default']), v.description('each goes before the next')),
  flag: v.exactOptional(text('the option on the command line')),
  file: v.exactOptional(text('the project file')),
  line: v.exactOptional(v.pipe(v.number(), v.description('the line of the key in that file, counted from 1'))),
  variable: v.exactOptional(text('the environment variable')),
});

export const configDocument = v.object({
  schema: v.literal('mft-patch/config@1'),
  file: text('the project file that was read; empty if there is none'),
  settings: v.pipe(
    v.array(
      v.object({
        key: text("as in the project file: an option's long name in camelCase"),
        value: v.pipe(value, v.description('paths as they are from the working directory; URLs without what gives access')),
        from: origin,
      }),
    ),
    v.description('the options that have a value; a command uses those that it takes'),
  ),
});
export type ConfigDocument = v.InferOutput<typeof configDocument>;
export type ConfigSetting = ConfigDocument['settings'][number];
