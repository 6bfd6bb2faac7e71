import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MatrixDocument } from '../../src/documents/index.js';
import { renderJunit } from '../../src/report/junit.js';
import { makeDirectory, missing, projectRoot, sh } from '../support.js';
import { all, anyMatrix, baseline, booted, cellOf, type Element, kept, matrixOf, patchedOnly, readXml, withOn, words } from './matrices.js';

const suitesOf = (xml: string) => {
  const root = readXml(xml);
  return { root, suites: root.children };
};
const named = (suite: Element | undefined, name: string) =>
  all(suite ?? { tag: '', attributes: {}, text: '', children: [] }, 'testcase').find(({ attributes }) => attributes.name === name);

const outputOf = (suite: Element | undefined) => suite?.children.find(({ tag }) => tag === 'system-out')?.text;

describe('JUnit', () => {
  const { root, suites } = suitesOf(renderJunit(baseline));
  const [vendor, patched] = suites;

  test('a testsuite a column, a testcase a cell that has it, with counts and seconds', () => {
    expect(root.attributes).toEqual({});
    const common = { package: 'mft-patch', hostname: 'localhost', timestamp: '1970-01-01T00:00:00' };
    const [one, two] = [
      { id: '0', name: 'mft-patch.vendor', tests: '4', failures: '0', errors: '0', skipped: '1', time: '57.2' },
      { id: '1', name: 'mft-patch.patched', tests: '5', failures: '1', errors: '1', skipped: '0', time: '143.9' },
    ];
    expect(suites.map(({ tag, attributes }) => [tag, attributes])).toEqual([
      ['testsuite', { ...common, ...one }],
      ['testsuite', { ...common, ...two }],
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
    expect(named(patched, '6.1 debian-12')?.children).toEqual([]);
  });

  test("the facts of each cell are in its suite's output: a testcase of Ant's schema has none", () => {
    const artifact = 'kernel-mft-dkms_4.20.1-14+mftpatch20261123.e7471d3_all.deb';
    expect(outputOf(patched)).toContain(
      `6.1 debian-12:\n  ✓ builds\n  Release: 6.1.0-50-amd64\n  Patches: dma-unmap\n  Package: ${artifact}\n  Log: x.make.log\n\n`,
    );
  });

  test("the vendor's package turns nothing red: where it fails it passes and says why, where it could not be tested it is skipped", () => {
    expect(named(vendor, '6.1 debian-12')?.children).toEqual([]);
    const why = words.replace(/^/gm, '  ');
    expect(outputOf(vendor)).toContain(`6.1 debian-12:\n  ✗ fails, as is expected of the vendor's package\n${why}\n  Release`);
    expect(named(vendor, '7.3 debian-13-backports')?.children.map(({ tag }) => tag)).toEqual(['skipped']);
    for (const tag of ['failure', 'error']) expect(vendor && all(vendor, tag)).toEqual([]);
  });

  test('boots are a testsuite of their own: what is not known to work is skipped, what fails to load fails there and not where it was built', () => {
    const { suites } = suitesOf(renderJunit(booted));
    const outcomes = suites.map((suite) => [
      suite.attributes.name,
      ...all(suite, 'testcase').map(({ children }) => children[0]?.tag ?? ''),
    ]);
    expect(outcomes).toEqual([
      ['mft-patch.patched', '', '', '', ''],
      ['mft-patch.works', '', 'failure', 'error', 'skipped'],
    ]);
  });

  test('a kernel that is missing is an error, and the run is told of in a property', () => {
    const missing = cellOf({ target: 'debian-99', patched: { status: 'missing', reason: 'no result', seconds: 0, log: '', artifact: '' } });
    const document = { ...withOn(matrixOf(cellOf())), date: '2026-11-24T10:29:00.000Z', seconds: 61.5 };
    const { root, suites } = suitesOf(renderJunit({ ...document, cells: [...document.cells, missing] }));
    expect(all(root, 'error')).toMatchObject([{ attributes: { type: 'missing', message: 'no result' } }]);
    expect(suites[0]?.attributes.timestamp).toBe('2026-11-24T10:29:00');
    const value = 'MFT 4.20.1-14, 2026-11-24 10:29 UTC, 61.5 s, mft-patch 0.1.0, docker 20.10.24, images 2 days old';
    expect(all(root, 'property').map(({ attributes }) => attributes)).toEqual([{ name: 'run', value }]);
  });

  test("without the vendor's column there is one testsuite, and with no cells an empty one", () => {
    expect(suitesOf(renderJunit(patchedOnly)).suites.map(({ attributes }) => attributes.name)).toEqual(['mft-patch.patched']);
    const { suites } = suitesOf(renderJunit(matrixOf()));
    expect(suites).toMatchObject([{ attributes: { tests: '0', failures: '0', errors: '0', time: '0.0' } }]);
  });

  test('tenths of seconds add up to tenths', () => {
    const patched = { ...cellOf().patched, seconds: 0.1 };
    const cells = [1, 2, 3].map(() => cellOf({ patched }));
    expect(suitesOf(renderJunit(matrixOf(...cells))).suites[0]?.attributes.time).toBe('0.3');
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

/**
 * What CI servers check a report with, written anew from their public descriptions: Ant's (windyroad's JUnit.xsd) wants all
 * attributes and one order of elements, Jenkins' (junit-10.xsd) knows fewer attributes of testsuites and bounds times.
 */
describe.skipIf(missing('tools') !== '')('JUnit is valid', () => {
  const documents: [string, MatrixDocument][] = [
    ['every status, with the vendor', baseline],
    ['after boots', booted],
    ['with all that is known', { ...withOn(baseline), date: '2026-11-24T10:29:00.000Z', seconds: 1 }],
    ['no cell', matrixOf()],
    ['hours', matrixOf(cellOf({ patched: { ...cellOf().patched, seconds: 12_345.6 } }))],
  ];
  const folder = makeDirectory();
  test.each(['ant', 'jenkins'].flatMap((schema) => documents.map(([title, document]) => [schema, title, document] as const)))(
    'by the schema of %s: %s',
    (schema, title, document) => {
      const path = join(folder, `${schema} ${title}.xml`);
      writeFileSync(path, renderJunit(document));
      sh(`xmllint --noout --schema ${projectRoot}test/report/junit-${schema}.xsd '${path}'`);
    },
  );

  test.each(['ant', 'jenkins'])('and the schema of %s refuses what it must', (schema) => {
    const path = join(folder, `bad-${schema}.xml`);
    const good = renderJunit(baseline);
    for (const bad of [
      good.replace(' tests="4"', ''),
      good.replace('<testsuites>', '<testsuites skipped="1">'),
      good.replace(/(<testcase[^>]*)\/>/, '$1><b/></testcase>'),
    ]) {
      writeFileSync(path, bad);
      expect(() => sh(`xmllint --noout --schema ${projectRoot}test/report/junit-${schema}.xsd ${path} 2> /dev/null`)).toThrow();
    }
  });
});
