import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/data.js';
import { findTarget, nearestTargets, parseTarget } from '../../src/kernels/target.js';
import { failureOf } from '../support.js';

const fields = { title: 'Debian', kernel: '6.1', image: 'debian:12', suite: 'bookworm', headers: 'linux-headers-amd64' };

describe('a target file', () => {
  test('is read, its name being the file name', () => {
    expect(parseTarget('kernels/x.json', JSON.stringify(fields))).toEqual({ name: 'x', aptSources: '', ...fields });
  });

  test.each([
    ['{', 'JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    [JSON.stringify({ ...fields, kernel: 6.1 }), "'kernel' must be a text"],
    [JSON.stringify({ ...fields, kernel: '6' }), 'major.minor'],
    [JSON.stringify({ ...fields, suite: '' }), "'suite'"],
    [JSON.stringify({ ...fields, kernle: 'x' }), "'kernle' is not known"],
  ])('%s is refused', async (text, words) => {
    expect(await failureOf(() => parseTarget('kernels/x.json', text))).toMatchObject({
      code: 'bad-catalogue',
      file: 'kernels/x.json',
      detail: expect.stringContaining(words),
    });
  });
});

describe('finding a target', () => {
  test('by name, by release and by major.minor', async () => {
    const targets = await loadTargets();
    for (const wanted of ['debian-12', '6.1', '6.1.0-50-amd64', '6.1.7']) expect(findTarget(wanted, targets).name).toBe('debian-12');
    expect(findTarget('5.10', targets).name).toBe('debian-11');
  });

  test('what no target carries is refused with those that are there', async () => {
    const failure = await failureOf(async () => findTarget('5.18', await loadTargets()));
    expect(failure).toMatchObject({ code: 'no-target', kernel: '5.18', targets: expect.arrayContaining(['debian-12 (6.1)']) });
    expect(await failureOf(async () => findTarget('debian-99', await loadTargets()))).toMatchObject({ code: 'usage' });
  });

  test('the nearest kernel comes first, the newer of two as near', async () => {
    const targets = ['5.10', '6.1', '6.3', '7.3'].map((kernel) =>
      parseTarget(`kernels/${kernel}.json`, JSON.stringify({ ...fields, kernel })),
    );
    expect(nearestTargets('6.2', targets).map(({ kernel }) => kernel)).toEqual(['6.3', '6.1', '5.10', '7.3']);
  });
});
