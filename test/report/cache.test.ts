import { expect, test } from 'vitest';
import type { CacheDocument } from '../../src/documents/index.js';
import { renderText } from '../../src/report/text.js';

const sha256 = 'ab'.repeat(32);
const bundle = { path: `/c/bundles/${sha256}.tgz`, kind: 'bundle' as const, sha256, names: ['MFT 4.20.1-14 x86_64', 'https://h/x.tgz'] };
const files: CacheDocument['files'] = [
  { ...bundle, bytes: 42_000_000, used: '2026-11-26T07:11:12.345Z', inUse: true },
  { path: '/c/parts/x.part', kind: 'part', names: [], bytes: 150_000, used: '2026-11-01T07:11:12.345Z', inUse: false },
];

test('the cache as a person reads it', () => {
  expect(renderText({ schema: 'mft-patch/cache@1', directory: '/c', files, bytes: 42_150_000 })).toBe(
    [
      'FILE          KIND    SIZE     LAST USED (UTC)            WHAT',
      'abababababab  bundle  42.0 MB  2026-11-26 07:11 (in use)  MFT 4.20.1-14 x86_64, https://h/x.tgz',
      'x.part        part    0.1 MB   2026-11-01 07:11           -',
      '',
      '42.1 MB in /c',
    ].join('\n'),
  );
  expect(renderText({ schema: 'mft-patch/cache@1', directory: '/c', files: [], bytes: 0 })).toBe('/c is empty');
});

test.each([
  [false, 'Removed 0.1 MB from /c; 1 file is kept'],
  [true, 'Would remove 0.1 MB from /c; 1 file is kept'],
])('what was pruned; a dry run: %j', (dryRun, words) => {
  const [kept, removed] = files as [(typeof files)[number], (typeof files)[number]];
  const document = { schema: 'mft-patch/cache-prune@1' as const, directory: '/c', dryRun, kept: [kept] };
  expect(
    renderText({ ...document, files: [removed], bytes: 150_000 })
      .split('\n')
      .at(-1),
  ).toBe(words);
  expect(renderText({ ...document, files: [], bytes: 0 })).toBe(words.replace('0.1', '0.0'));
});
