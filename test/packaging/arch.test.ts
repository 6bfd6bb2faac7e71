/** Which architecture a package is tested on. */
import { expect, test } from 'vitest';
import { archOfPackage, type VendorPackage } from '../../src/packaging/prepare.js';

test.each([
  ['amd64', 'x.deb', 'amd64'],
  ['all', 'x.deb', undefined],
  ['all', 'mft-4.20.1-14-arm64-deb.tgz', 'arm64'],
  // A sample is for any, though its name is of the vendor's form.
  ['all', 'sample:mft-4.26.1-0sample-x86_64-deb.tgz', undefined],
])('%s from %s is for %s', (architecture, path, expected) => {
  expect(archOfPackage({ architecture, vendor: { path } } as VendorPackage)).toBe(expected);
});
