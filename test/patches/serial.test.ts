/** The serial number of the patches, from which the versions of packages are made. */
import { expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { serialOf } from '../../src/patches/series.js';
import { projectText } from '../../src/project-files.js';
import { failureOf, testContext } from '../support.js';

const text = await projectText('patches/series');
const patches = await loadPatches(testContext());

test("the project's patches are those that the serial number is for", () => {
  const { line } = serialOf(text, patches);
  expect(line, `the patches have changed: in patches/series write\n${line}`).toBeUndefined();
});

test.each([
  ['a patch that has changed', patches.map((patch, i) => (i === 2 ? { ...patch, sha256: '0'.repeat(64) } : patch))],
  ['another order', patches.toReversed()],
  ['another name', patches.map((patch, i) => (i === 2 ? { ...patch, id: 'x' } : patch))],
  ['a patch less', patches.slice(1)],
])('%s makes another number, and the line to write is told', (_, changed) => {
  const { serial } = serialOf(text, patches);
  const { serial: local, line = '' } = serialOf(text, changed);
  expect(local).toBe(`${serial}.local`);
  expect(serialOf(`${line}\n`, changed)).toEqual({ serial: String(Number(serial) + 1) });
});

test('a newer patch gives the day to the number', () => {
  const newer = patches.map((patch, i) => (i === 2 ? { ...patch, sha256: '0'.repeat(64), lastUpdate: '2031-02-03' } : patch));
  expect(serialOf(text, newer).line).toMatch(/^# Serial: 2031020301 [0-9a-f]{12}$/);
});

test.each(['', 'a.patch\n', '# Serial: 2026 abcdefabcdef\n', 'x # Serial: 2026112601 abcdefabcdef\n'])(
  'without a number %j is refused',
  async (series) => {
    const detail = expect.stringMatching(/write '# Serial: \d{10} [0-9a-f]{12}'$/);
    expect(await failureOf(() => serialOf(series, patches))).toMatchObject({ code: 'bad-catalogue', file: 'patches/series', detail });
  },
);
