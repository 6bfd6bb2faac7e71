/** The versions of packages, as dpkg sorts them. */
import { describe, expect, test } from 'vitest';
import { compareVersions } from '../../src/deb/version.js';
import { missing, sh } from '../support.js';
import { chain } from './versions.js';

describe.skipIf(missing('tools') !== '')('dpkg --compare-versions', () => {
  test('says of pairs of the chain what we say', () => {
    const pairs = chain.flatMap((a, i) => [1, -1, 5, 0].flatMap((far) => (chain[i + far] ? [[a, chain[i + far] ?? ''] as const] : [])));
    const input = pairs.map((pair) => `${pair.join(' ')}\n`).join('');
    const script =
      'while read -r a b; do if dpkg --compare-versions $a lt $b; then echo -1; elif dpkg --compare-versions $a eq $b; then echo 0; else echo 1; fi; done';
    const said = sh(script, { input }).trim().split('\n').map(Number);
    expect(said).toEqual(pairs.map(([a, b]) => Math.sign(compareVersions(a, b))));
    expect(said).toEqual(pairs.map(([a, b]) => Math.sign(chain.indexOf(a) - chain.indexOf(b))));
  });
});
