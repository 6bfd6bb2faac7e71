/** How the versions of packages sort; version.system.test.ts asks dpkg. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVersions, parseVersion } from '../../src/deb/version.js';
import { parseKernelRelease } from '../../src/kernels/release.js';
import { isPatchedVersion, patchedVersion } from '../../src/packaging/version.js';
import { chain } from './versions.js';

test('each of the chain is below the next', () => {
  for (const [i, version] of chain.slice(1).entries())
    expect(compareVersions(chain[i] ?? '', version), `${chain[i]} < ${version}`).toBeLessThan(0);
});

const hex = fc.stringMatching(/^[0-9a-f]{7}$/);
const number = fc.integer({ min: 0, max: 999 });
const made = fc.record({
  base: fc.tuple(fc.constantFrom('4.20.1', '4.36.0.1031', '1:4.20.1'), number),
  isUniversal: fc.boolean(),
  serial: fc.integer({ min: 2020010101, max: 2099123199 }),
  isLocal: fc.boolean(),
  range: fc.constantFrom([], ['before5.18'], ['from6.15'], ['except5.18.to6.0', 'before7.0']),
  max: fc.option(fc.tuple(number, number)),
  digest: hex,
});
type Made = typeof made extends fc.Arbitrary<infer Value> ? Value : never;

function versionOf({ base: [upstream, revision], isUniversal, serial, isLocal, range, max, digest }: Made): string {
  const kernel = isUniversal ? undefined : { requested: '6.1', release: parseKernelRelease('6.1') };
  const labels = [...(isUniversal ? [] : range), ...(max ? [`k${max.join('.')}`] : [])];
  return patchedVersion({ version: `${upstream}-${revision}`, serial: `${serial}${isLocal ? '.local' : ''}`, kernel }, labels, digest);
}

/** What decides, the first first; undefined where only contents differ. */
const order: ((a: Made, b: Made) => number)[] = [
  (a, b) => Number(a.isUniversal) - Number(b.isUniversal),
  (a, b) => a.serial - b.serial,
  (a, b) => Number(a.isLocal) - Number(b.isLocal),
];

test('any two of one package sort by kind, serial and whether the patches are the project’s', () => {
  fc.assert(
    fc.property(made, made, (a, other) => {
      const b = { ...other, base: a.base };
      const expected = order.map((by) => Math.sign(by(a, b))).find((sign) => sign !== 0);
      if (expected !== undefined) expect(compareVersions(versionOf(a), versionOf(b))).toBe(expected);
      const later = { ...a, max: a.max ? ([a.max[0], a.max[1] + 1] as [number, number]) : ([7, 3] as [number, number]) };
      expect(compareVersions(versionOf(later), versionOf(a))).toBe(1);
      if (a.digest !== b.digest) expect(versionOf(a)).not.toBe(versionOf({ ...a, digest: b.digest }));
    }),
    { numRuns: 2000 },
  );
});

test('any is between the vendor’s and his next, has his text before the first dash, and is seen to be ours', () => {
  fc.assert(
    fc.property(made, (a) => {
      const version = versionOf(a);
      const [upstream, revision] = a.base;
      expect(compareVersions(version, `${upstream}-${revision}`)).toBe(1);
      expect(compareVersions(version, `${upstream}-${revision + 1}`)).toBe(-1);
      expect(compareVersions(version, `${upstream}-${revision}.1`)).toBe(-1);
      expect(version.replace(/-.*/, '')).toBe(upstream);
      expect(parseVersion(version).upstream).toBe(upstream.replace(/^1:/, ''));
      expect(isPatchedVersion(version)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
