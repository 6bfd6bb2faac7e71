import { describe, expect, test } from 'vitest';
import { parseSeries } from '../../src/patches/series.js';
import { failureOf, makeDirectory, missing, sh, writeFiles } from '../support.js';

const series = [
  '# a comment',
  '',
  'first.patch',
  '#commented-out.patch',
  '  ',
  '  indented.patch',
  'trailing.patch \t ',
  '\tcommented.patch # why it is here',
  'strip.patch -p1',
  'number#1.patch',
  'last.patch',
];

describe('a series file', () => {
  test('gives the names in order, without comments and blank lines', () => {
    expect(parseSeries('# why\n\nb.patch\n#c.patch\n  a.patch  # as well\n\n')).toEqual(['b.patch', 'a.patch']);
    expect(parseSeries('')).toEqual([]);
    expect(parseSeries('a.patch')).toEqual(['a.patch']);
  });

  test('with options that would apply a patch otherwise is refused', async () => {
    for (const option of ['-p0', '-R', '-p1 -R'])
      expect(await failureOf(() => parseSeries(`a.patch ${option}\n`))).toMatchObject({ code: 'bad-catalogue', file: 'patches/series' });
  });

  describe.skipIf(missing('tools') !== '')('is read as quilt reads it', () => {
    test.each(series)("'%s'", (line) => {
      expect(parseSeries(`${line}\nend.patch\n`)).toEqual(namesByQuilt().get(line));
    });
  });
});

let asked: Map<string, string[]> | undefined;

function namesByQuilt(): Map<string, string[]> {
  if (asked) return asked;
  const folder = makeDirectory();
  writeFiles(folder, Object.fromEntries(series.map((line, i) => [`${i}/patches/series`, `${line}\nend.patch\n`])));
  const told = sh('for i in $(seq 0 $((N - 1))); do (cd $i; quilt --quiltrc - series | tr "\\n" " "; echo); done', {
    cwd: folder,
    env: { ...process.env, N: String(series.length), QUILT_PATCHES: 'patches', QUILT_PATCHES_PREFIX: '' },
  });
  asked = new Map(series.map((line, i) => [line, (told.split('\n')[i] ?? '').trim().split(' ')]));
  return asked;
}
