import { describe, expect, test } from 'vitest';
import { closestNames } from '../../src/system/suggest.js';

const names = ['host', 'debian-11', 'debian-12', 'debian-12-backports', 'debian-13', 'debian-sid', 'ubuntu-22.04', 'ubuntu-24.04'];

describe('the names nearest to a mistyped one', () => {
  test.each([
    ['debain-13', 'debian-13'],
    ['debian-1', 'debian-11'],
    ['debian12', 'debian-12'],
    ['debian-12-backport', 'debian-12-backports'],
    ['DEBIAN-SID', 'debian-sid'],
    ['UBUNTU-24.04', 'ubuntu-24.04'],
    ['ubuntu-22.4', 'ubuntu-22.04'],
    ['hots', 'host'],
    ['ost', 'host'],
  ])('%s: first comes %s', (wanted, best) => {
    expect(closestNames(wanted, names)[0]).toBe(best);
  });

  test('are three, in the order of their likeness, and of two as like as each other in the order of the names', () => {
    expect(closestNames('debian-99', names)).toEqual(['debian-11', 'debian-12', 'debian-13']);
    expect(closestNames('debian-22', names)).toEqual(['debian-12', 'debian-11', 'debian-13']);
  });

  test('are as many as there are, also for what is like none', () => {
    expect(closestNames('x', ['b', 'a'])).toEqual(['b', 'a']);
    expect(closestNames('', names)).toHaveLength(3);
    expect(closestNames('x', [])).toEqual([]);
  });

  test('the names stay in their order', () => {
    const before = [...names];
    closestNames('ubuntu', names);
    expect(names).toEqual(before);
  });
});
