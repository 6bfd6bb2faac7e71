/** For which kernels packages of modules are made. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { packingOf } from '../../src/cli/packing.js';
import { resolveKernels } from '../../src/kernels/resolve.js';
import { debian, writeTree } from '../kernels/header-trees.js';
import { failureOf, makeDirectory, testContext } from '../support.js';

const targets = await loadTargets(testContext());
const directory = makeDirectory();
writeTree(directory, { ...debian.flavour, ...debian.common, ...debian.kbuild });
const headers = join(directory, 'usr/src/linux-headers-6.1.0-56-amd64');

test('prepared headers, of which --kernel host is a case, must be of a kernel that was built', async () => {
  const kernels = await resolveKernels({ headers: [headers] }, targets);
  expect(await packingOf({ modules: true }, kernels)).toEqual({ signing: undefined });
  expect(await packingOf({ modules: true, signKey: 'k', signCert: 'c' }, kernels)).toEqual({ signing: { key: 'k', cert: 'c' } });
  expect(await packingOf({}, kernels)).toBeUndefined();
  rmSync(join(headers, 'Module.symvers'));
  expect(await failureOf(() => packingOf({ modules: true }, kernels))).toMatchObject({
    code: 'usage',
    detail: expect.stringContaining('no Module.symvers'),
  });
});

test('a target needs none, and a version of kernel.org is not built', async () => {
  expect(await packingOf({ modules: true }, await resolveKernels({ kernel: ['debian-12,6.1'] }, targets))).toBeDefined();
  const released = await resolveKernels({ kernel: ['debian-12,6.15.4'] }, targets);
  expect(await failureOf(() => packingOf({ modules: true }, released))).toMatchObject({
    code: 'usage',
    detail: expect.stringContaining('6.15.4'),
  });
});
