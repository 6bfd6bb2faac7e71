import { expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { contentOf, imageTag, usableNames } from '../../src/containers/image-names.js';
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
