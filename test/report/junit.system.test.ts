import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderJunit } from '../../src/report/junit.js';
import { all, anyMatrix, baseline, cellOf, type Element, kept, matrixOf, patchedOnly, readXml, words } from './matrices.js';

const suitesOf = (xml: string) => {
  const root = readXml(xml);
  return { root, suites: root.children };
};
const named = (suite: Element | undefined, name: string) =>
  all(suite ?? { tag: '', attributes: {}, text: '', children: [] }, 'testcase').find(({ attributes }) => attributes.name === name);

describe('JUnit', () => {
  const { root, suites } = suitesOf(renderJunit(baseline));
  const [vendor, patched] = suites;

  test('a testsuite a column, a testcase a cell that has it, with counts and seconds', () => {
    expect(root.attributes).toEqual({
      name: 'mft-patch matrix, MFT 4.20.1-14',
      tests: '9',
      failures: '1',
      errors: '1',
      skipped: '1',
      time: '201.1',
    });
    expect(suites.map(({ tag, attributes }) => [tag, attributes])).toEqual([
      ['testsuite', { name: 'mft-patch.vendor', tests: '4', failures: '0', errors: '0', skipped: '1', time: '57.2' }],
      ['testsuite', { name: 'mft-patch.patched', tests: '5', failures: '1', errors: '1', skipped: '0', time: '143.9' }],
    ]);
    expect(all(root, 'testcase').map(({ attributes: { classname, name, time } }) => `${classname} ${name} ${time}`)).toEqual([
      'mft-patch.vendor 5.10 debian-11 33.3',
      'mft-patch.vendor 6.1 debian-12 12.5',
      'mft-patch.vendor 7.3 debian-13-backports 0.4',
      'mft-patch.vendor 7.4 debian-sid 11.0',
      'mft-patch.patched 5.10 debian-11 41.2',
      'mft-patch.patched 6.1 debian-12 41.2',
      'mft-patch.patched 7.3 debian-13-backports 0.3',
      'mft-patch.patched 7.4 debian-sid 20.0',
      'mft-patch.patched 6.8 ubuntu-24.04 41.2',
    ]);
  });

  test('a patched package that fails is a failure, one that could not be tested an error, one that builds neither', () => {
    expect(named(patched, '7.4 debian-sid')?.children[0]).toMatchObject({
      tag: 'failure',
      attributes: { message: 'nnt_ioctl.h: No such file' },
      text: 'nnt_ioctl.h: No such file\nmake: *** stop',
    });
    const reason = 'no image: <pull> refused & "denied"';
    expect(named(patched, '7.3 debian-13-backports')?.children[0]).toMatchObject({
      tag: 'error',
      attributes: { message: reason },
      text: reason,
    });
    expect(named(patched, '6.1 debian-12')?.children).toMatchObject([
      {
        tag: 'system-out',
        text: 'Release: 6.1.0-50-amd64\nPatches: dma-unmap\nPackage: kernel-mft-dkms_4.20.1-14+mftpatch20261123.e7471d3_all.deb\nLog: x.make.log',
      },
    ]);
  });

  test("the vendor's package turns nothing red: where it fails it passes and says why, where it could not be tested it is skipped", () => {
    const [output, ...more] = named(vendor, '6.1 debian-12')?.children ?? [];
    expect(output).toMatchObject({ tag: 'system-out', text: expect.stringContaining(`The vendor's package fails here:\n${words}`) });
    expect(more).toEqual([]);
    expect(named(vendor, '7.3 debian-13-backports')?.children.map(({ tag }) => tag)).toEqual(['skipped', 'system-out']);
    for (const tag of ['failure', 'error']) expect(vendor && all(vendor, tag)).toEqual([]);
  });

  test("without the vendor's column there is one testsuite, and with no cells an empty one", () => {
    expect(suitesOf(renderJunit(patchedOnly)).suites.map(({ attributes }) => attributes.name)).toEqual(['mft-patch.patched']);
    const { root, suites } = suitesOf(renderJunit(matrixOf()));
    expect(root.attributes).toMatchObject({ tests: '0', time: '0.0' });
    expect(suites).toMatchObject([{ attributes: { tests: '0', failures: '0', errors: '0' }, children: [] }]);
  });

  test('tenths of seconds add up to tenths', () => {
    const patched = { ...cellOf().patched, seconds: 0.1 };
    const cells = [1, 2, 3].map(() => cellOf({ patched }));
    expect(readXml(renderJunit(matrixOf(...cells))).attributes.time).toBe('0.3');
  });

  test('any text whatever gives well-formed XML, and comes back out of it', () => {
    fc.assert(
      fc.property(anyMatrix, (matrix) => {
        const root = readXml(renderJunit(matrix));
        const cells = all(root, 'testcase').filter(({ attributes }) => attributes.classname === 'mft-patch.patched');
        expect(cells.map(({ attributes }) => attributes.name)).toEqual(
          matrix.cells.map(({ kernel, target }) => kept(`${kernel} ${target}`)),
        );
        const reasons = matrix.cells.filter(({ patched }) => patched.status !== 'builds').map(({ patched }) => kept(patched.reason ?? ''));
        expect([...all(root, 'failure'), ...all(root, 'error')].map(({ text }) => text).sort()).toEqual(reasons.sort());
      }),
      { numRuns: 20 },
    );
  });
});
