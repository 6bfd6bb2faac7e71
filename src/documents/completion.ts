/** What `completion` prints. */
import * as v from 'valibot';
import { text } from './common.js';

export const completionDocument = v.object({
  schema: v.literal('mft-patch/completion@1'),
  shell: v.picklist(['bash', 'zsh', 'fish']),
  script: text('what that shell is to read'),
});
export type CompletionDocument = v.InferOutput<typeof completionDocument>;
