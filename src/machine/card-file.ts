/** cards.json: the devices of Mellanox, and which releases of MFT serve them. */
import * as v from 'valibot';
import { fields, parseDataFile } from '../system/data-file.js';

const text = v.pipe(v.string(), v.regex(/\S/, 'must be a non-empty string'));
const ids = (description: string) =>
  v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{4}$/, 'must be 4 hex digits, as lspci -n prints them'))),
    v.description(description),
  );
const version = v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/, 'must be dotted numbers, as in 4.20.1'));
const described = (description: string) => v.exactOptional(v.pipe(version, v.description(description)));

const card = fields({
  name: v.pipe(text, v.description('for people')),
  ids: ids('device ids of vendor 15b3'),
  virtual: v.exactOptional(ids('of its virtual functions, which have no configuration of their own')),
  recovery: v.exactOptional(ids('by which it shows that its firmware does not run')),
  from: described('the oldest release that is known to serve it'),
  upTo: described('the newest release that is known to serve it'),
  lacks: v.exactOptional(
    v.pipe(
      v.array(version),
      v.description('releases that are known not to serve it; all beyond them, as seen from the others, do neither'),
    ),
  ),
  sources: v.pipe(v.array(text), v.minLength(1, 'must name at least one'), v.description('where this is from')),
});
export type Card = v.InferOutput<typeof card>;

/** cards.json. */
export const cardFile = fields({ $schema: v.exactOptional(v.string()), cards: v.array(card) });

/** Reads the table of cards. @throws bad-catalogue with all faults of the file */
export function parseCards(file: string, content: string): Card[] {
  return parseDataFile(cardFile, file, content).cards;
}
