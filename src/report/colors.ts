/** Which words of a text are shown in colour: verdicts, and what warns. Colour repeats what the words say; without it nothing is lost. */
import { styleText } from 'node:util';
import type { ResultDocument } from '../documents/index.js';

type Style = Parameters<typeof styleText>[0];

/** The documents whose text has verdicts; the others quote scripts, patches and sources. */
const judging: readonly ResultDocument['schema'][] = [
  'mft-patch/build@1',
  'mft-patch/verify@1',
  'mft-patch/matrix@1',
  'mft-patch/rebuild@1',
  'mft-patch/doctor@1',
  'mft-patch/install@1',
  'mft-patch/uninstall@1',
];

export function hasVerdicts({ schema }: ResultDocument): boolean {
  return judging.includes(schema);
}

/** What is coloured: a verdict that is a cell of a table or ends a line of progress, and the words that doctor begins a line with. */
const styles: [RegExp, Style][] = [
  [/(?<=^| {2}|, |: )(builds|works|loads|identical)(?=$| {2}|,)/gm, 'green'],
  [/(?<=^| {2}|, |: )(fails(: \w+)?|differs from the record)(?=$| {2}|,)/gm, 'red'],
  [/(?<=^| {2}|, |: )(error|missing|not tested)(?=$| {2}|,)/gm, 'yellow'],
  [/^ok(?= {2})/gm, 'green'],
  [/^FAULT(?= )|^Verification failed(?=:)/gm, 'red'],
  [/^note(?= {2})|^\?(?= {2})/gm, 'yellow'],
];

/** The same text, its verdicts in colour. */
export function colorVerdicts(text: string): string {
  return styles.reduce((colored, [words, style]) => colored.replace(words, (word) => color(style, word)), text);
}

/** A text in a colour, whatever the stream: who writes decides whether there is one. */
export function color(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}
