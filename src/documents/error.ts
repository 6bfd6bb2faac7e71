/** What every command prints with --json when it fails; each code adds its own fields. */
import * as v from 'valibot';
import { type Failure, failureKinds } from '../errors.js';
import { text } from './common.js';

const codes = Object.keys(failureKinds) as [Failure['code'], ...Failure['code'][]];

export const errorDocument = v.looseObject({
  schema: v.literal('mft-patch/error@1'),
  code: v.picklist(codes),
  message: text('what happened, and to what'),
  hint: text('what to do next'),
});
