/** What is written for people: links lead somewhere, both languages say the same, what is quoted is what the program prints. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from './support.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const inDirectory = (directory: string) => readdirSync(join(projectRoot, directory)).map((name) => join(directory, name));
const documents = [...inDirectory('.'), ...inDirectory('docs')].filter((path) => path.endsWith('.md')).sort();

/** What is between ``` and ```, block by block. */
const codeOf = (text: string) => [...text.matchAll(/^```.*\n([\s\S]*?)^```$/gm)].map(([block]) => block);
const withoutCode = (text: string) => text.replace(/^```.*\n[\s\S]*?^```$/gm, '');
const headingsOf = (text: string) =>
  [...withoutCode(text).matchAll(/^(#+) (.*)$/gm)].map(([, marks = '', title = '']) => ({ marks, title }));

/** The name of a heading in a link, as GitHub makes it: lower case, without punctuation, hyphens for blanks. */
function anchorOf(title: string): string {
  const text = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
}

interface Link {
  target: string;
  isPicture: boolean;
  words: string;
}

const linksOf = (text: string): Link[] =>
  [...withoutCode(text).matchAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, mark, words = '', target = '']) => ({
    target,
    isPicture: mark === '!',
    words,
  }));

describe.each(documents)('%s', (path) => {
  const local = linksOf(read(path)).filter(({ target }) => !/^[a-z]+:/.test(target));

  test('every link leads to a file and a heading that are there', () => {
    const broken = local.filter(({ target }) => {
      const [file = '', anchor] = target.split('#');
      const place = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(projectRoot, place))) return true;
      return anchor !== undefined && !headingsOf(read(place)).some(({ title }) => anchorOf(title) === decodeURIComponent(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('every picture has words for those who do not see it', () => {
    for (const { words, target } of local.filter(({ isPicture }) => isPicture)) expect(words.length, target).toBeGreaterThan(10);
  });
});

/** A document, and the same in Chinese: only prose is translated. */
const translated = documents
  .filter((path) => path.endsWith('.zh-CN.md'))
  .map((path) => ({ chinese: path, english: path.replace('.zh-CN', '') }));

describe.each(translated)('$chinese', ({ chinese, english }) => {
  const [ours, theirs] = [read(chinese), read(english)];

  test('has the headings of the English text, level by level', () => {
    expect(headingsOf(ours).map(({ marks }) => marks)).toEqual(headingsOf(theirs).map(({ marks }) => marks));
  });

  test('has the same commands and output', () => {
    expect(codeOf(ours)).toEqual(codeOf(theirs));
  });

  test('has the same pictures, and as many rows in tables and entries in lists', () => {
    const picturesOf = (text: string) => linksOf(text).flatMap(({ isPicture, target }) => (isPicture ? [target] : []));
    expect(picturesOf(ours)).toEqual(picturesOf(theirs));
    for (const start of [/^\|/gm, /^- /gm])
      expect([...withoutCode(ours).matchAll(start)].length).toBe([...withoutCode(theirs).matchAll(start)].length);
  });

  test('names the same options', () => {
    const optionsOf = (text: string) => [...new Set(text.match(/(?<![\w-])--[a-z][\w-]*/g))].sort();
    expect(optionsOf(ours)).toEqual(optionsOf(theirs));
  });

  test('each links the other at its top', () => {
    expect(linksOf(ours)[0]?.target).toBe(english.replace(/.*\//, ''));
    expect(linksOf(theirs)[0]?.target).toBe(chinese.replace(/.*\//, ''));
  });

  test('is Chinese, with its punctuation: no half-width comma or full stop between its letters', () => {
    const prose = withoutCode(ours).replace(/`[^`]*`/g, 'x');
    expect(prose.match(/\p{Script=Han}[,.;:!?]|[,;!?]\p{Script=Han}/gu) ?? []).toEqual([]);
  });
});

test('the README leads to both guides', () => {
  expect(linksOf(read('README.md')).map(({ target }) => target)).toEqual(expect.arrayContaining(['docs/guide.md', 'docs/guide.zh-CN.md']));
});

test('what the guide quotes of doctor is what doctor prints', () => {
  const quoted = [...read('docs/guide.md').matchAll(/<!-- lines of screen: (\S+) -->\n\n```\n([\s\S]*?)```/g)];
  expect(quoted.length).toBeGreaterThan(0);
  for (const [, name, lines = 'none'] of quoted) expect(read(`test/machine/screens/${name}.txt`)).toContain(lines);
});

const plans = join(projectRoot, 'test/install/plans');

test.skipIf(!existsSync(plans))('what the guide quotes of install is what install prints', () => {
  const quoted = [...read('docs/guide.md').matchAll(/<!-- plan: (\S+) -->\n\n```\n([\s\S]*?)```/g)];
  expect(quoted.length).toBeGreaterThan(0);
  for (const [, name, lines = 'none'] of quoted) expect(readFileSync(join(plans, `${name}.txt`), 'utf8')).toContain(lines);
});
