import { expect, test } from 'vitest';
import { archOfBundle, archOfRelease, debianArch } from '../../src/kernels/arch.js';

test.each([
  ['6.1.0-56-arm64', 'arm64'],
  ['6.1.0-56-cloud-amd64', 'amd64'],
  ['6.12.95+deb12-amd64', 'amd64'],
  ['5.14.0-427.el9.aarch64', 'arm64'],
  ['5.14.0-427.13.1.el9_4.x86_64', 'amd64'],
  ['6.1.0-50-powerpc64le', 'ppc64el'],
  ['6.8.0-1013-nvidia-64k', 'arm64'],
  ['5.15.0-1070-bluefield', 'arm64'],
  ['6.8.0-41-generic', undefined],
  ['6.8.12-4-pve', undefined],
  ['5.18', undefined],
  ['6.1.0-amd64x', undefined],
])('kernel %s is for %s', (release, arch) => expect(archOfRelease(release)).toBe(arch));

test.each([
  ['mft-4.20.1-14-arm64-deb.tgz', 'arm64'],
  ['http://a.example/mft-4.34.0-1-aarch64-deb.tgz', 'arm64'],
  ['mft-4.32.0-6017-linux-arm64-deb.tgz', 'arm64'],
  ['/tmp/mft-4.20.1-14-x86_64-deb/', 'amd64'],
  ['mft-4.20.1-14-ppc64-deb.tgz', 'ppc64el'],
  ['mft-4.20.1-14-x86_64-rpm.tgz', 'amd64'],
  ['sample:flat', undefined],
  ['bundle.tgz', undefined],
])('bundle %s is for %s', (path, arch) => expect(archOfBundle(path)).toBe(arch));

test('no word of the language is an architecture', () => {
  expect(['constructor', 'toString', ''].map(debianArch)).toEqual([undefined, undefined, undefined]);
});
