import { expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { baseTag, bootTag, buildArgs, contentOf, imageTag, usableNames } from '../../src/containers/image-names.js';
import type { Target } from '../../src/kernels/target.js';
import { testContext } from '../support.js';

const targets = await loadTargets(testContext());
const named = (name: string) => targets.find((target) => target.name === name) as Target;
/** The target of headers whose kernel was built by that compiler. */
const ofHeaders = (name: string, gcc: string) => ({ ...named(name), prepared: { gcc } as NonNullable<Target['prepared']> });

test.each([
  ['debian-12', ''],
  ['debian-12', 'gcc-11'],
  ['debian-11', 'gcc-9'],
  ['debian-13', 'gcc-13'],
])('image prune keeps the tools on %s for headers that want %j', async (name, gcc) => {
  const { tags } = await usableNames(targets, {});
  expect(tags).toContain(imageTag(await contentOf(ofHeaders(name, gcc)), {}));
});

test('and not those of compilers that no headers of that suite get', async () => {
  const { tags } = await usableNames(targets, {});
  expect(tags).not.toContain(imageTag(await contentOf(ofHeaders('debian-12', 'gcc-9')), {}));
});

test('images of an architecture that is emulated stand beside those of the machine, and prune keeps both', async () => {
  const content = await contentOf(named('debian-12'));
  const emulated = { emulated: 'arm64' };
  expect(imageTag(content, emulated)).toMatch(/^mft-patch\/debian-12-arm64:[0-9a-f]{12}$/);
  expect(baseTag('bookworm', emulated)).toBe('mft-patch/base:bookworm-arm64');
  const image = { tag: imageTag(content, emulated), id: 'x', release: '6.1.0-50-arm64', created: '' };
  expect(bootTag('debian-12', image, '')).toMatch(/^mft-patch\/debian-12-arm64-boot:[0-9a-f]{12}$/);
  expect(bootTag('debian-12', { ...image, tag: imageTag(content, {}) }, '')).toMatch(/^mft-patch\/debian-12-boot:/);
  const { tags } = await usableNames(targets, {});
  for (const name of [imageTag(content, {}), imageTag(content, emulated), baseTag('bookworm', emulated)]) expect(tags).toContain(name);
});

test('what is for further archives counts for their targets alone: other images keep their names', async () => {
  const [plain, proxmox] = await Promise.all([contentOf(named('debian-12')), contentOf(named('proxmox-8'))]);
  expect([plain.dockerfile, buildArgs(plain, {}).ARCHIVES]).toEqual([expect.not.stringMatching(/archives/i), undefined]);
  expect([proxmox.dockerfile, buildArgs(proxmox, {}).ARCHIVES]).toEqual([
    expect.stringContaining('\nARG ARCHIVES=""\n'),
    'F4E136C67CDCE41AE6DE6FC81140AF8F639E0C39 http://download.proxmox.com/debian/pve bookworm pve-no-subscription',
  ]);
});
