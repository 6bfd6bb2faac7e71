import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFields, setField } from '../../src/deb/control.js';
import { controlFields, type Deb, readDeb } from '../../src/deb/deb.js';
import { failureOf, makeDirectory, missing, writeFiles } from '../support.js';
import { dataTar, deb, tar } from './packages.js';

const folder = makeDirectory();

const control = [
  'Package: thing',
  'version:   1:4.20.1-14  ',
  'Architecture:all',
  'Maintainer: Jörg Müller <joerg@example.invalid>',
  'X-Depends: a (>= 1.0), b,',
  ' c',
  'X-Tab: 1',
  '\t2',
  'X-Empty:',
  'X-Other-Version: 7',
  'X-Folded:',
  '  two blanks',
  ' .',
  ' # no comment',
  'Description: Version: none',
  ' Version: 9',
  '',
].join('\n');

const asPackage = (text: string | Buffer) => deb(tar({ name: './', type: '5' }, { name: './control', body: text }), dataTar);
const readPackage = (text: string | Buffer): Promise<Deb> => readDeb(asPackage(text), 'thing.deb');

describe.skipIf(missing('tools') !== '')('a control file beside dpkg-deb', () => {
  const ask = (...fields: string[]) => execFileSync('dpkg-deb', ['-f', join(folder, 'thing.deb'), ...fields], { encoding: 'utf8' });

  test('has the fields and values that dpkg-deb -f shows, with the names in any case', () => {
    writeFiles(folder, { 'thing.deb': asPackage(control) });
    const fields = readFields(control);
    const names = ['package', 'version', 'architecture', 'maintainer', 'x-depends', 'x-tab', 'x-other-version', 'x-folded', 'description'];
    expect([...fields.keys()].filter((name) => name !== 'x-empty')).toEqual(names);
    for (const name of names) {
      // dpkg-deb leaves the blank that starts a continuation line, which is no part of the value.
      expect(fields.get(name), name).toBe(ask(name).trimEnd().replaceAll(/\n\s/g, '\n'));
    }
    expect(fields.get('x-depends')).toBe('a (>= 1.0), b,\nc');
    expect(fields.get('x-tab')).toBe('1\n2');
    expect(fields.get('x-folded')).toBe('\n two blanks\n.\n# no comment');
    expect(fields.get('x-empty')).toBe('');
    expect(fields.has('homepage')).toBe(false);
  });

  test('with a field set has that value for dpkg-deb, and every other as before', () => {
    const others = ['Package', 'Architecture', 'Maintainer', 'X-Depends', 'X-Folded', 'Description'];
    writeFiles(folder, { 'thing.deb': asPackage(control) });
    const before = ask(...others);
    const changed = setField(setField(control, 'Version', '1:4.20.1-14+mftpatch1'), 'X-Other-Version', '$& $1');
    writeFiles(folder, { 'thing.deb': asPackage(changed) });
    expect(ask('Version', 'X-Other-Version')).toBe('Version: 1:4.20.1-14+mftpatch1\nX-Other-Version: $& $1\n');
    expect(ask(...others)).toBe(before);
    const differing = control.split('\n').filter((line, i) => line !== changed.split('\n')[i]);
    expect(differing).toEqual(['version:   1:4.20.1-14  ', 'X-Other-Version: 7']);
  });
});

describe('fields', () => {
  test('end with the first paragraph, and may begin after empty lines', () => {
    expect([...readFields('\n\nA: 1\n\nB: 2\n')]).toEqual([['a', '1']]);
    expect([...readFields('A: 1\n \t\nB: 2\n')]).toEqual([['a', '1']]);
    expect(readFields('').size).toBe(0);
  });

  test('leave out comments, also between continuation lines', () => {
    expect([...readFields('# one\nA: 1\n# two\n 2\n#B: 3\nC: # 4\n')]).toEqual([
      ['a', '1\n2'],
      ['c', '# 4'],
    ]);
  });

  test.each(['no field here', ' continues nothing', 'A: 1\nBad Name: 2', 'A: 1\n: 2', 'A: 1\nnothing'])('are refused in %j', (text) => {
    expect(() => readFields(text)).toThrow(SyntaxError);
  });

  test('cannot be set where they are not', () => {
    expect(() => setField('A: 1\n B: 2\nXB: 3\n', 'B', '4')).toThrow('missing field B');
    expect(() => setField('', 'Version', '1')).toThrow(SyntaxError);
  });

  test('keep the line ends and bytes around the one that is set', () => {
    expect(setField('A: 1\r\nVERSION: 2\r\nB: \xe4', 'Version', '3')).toBe('A: 1\r\nVersion: 3\r\nB: \xe4');
    expect(setField('Version: 1', 'Version', '2')).toBe('Version: 2');
  });
});

describe('the fields of a package', () => {
  test('are those of its control file', async () => {
    expect(Object.fromEntries(controlFields(await readPackage(control), 'x'))).toMatchObject({
      package: 'thing',
      version: '1:4.20.1-14',
      maintainer: 'Jörg Müller <joerg@example.invalid>',
    });
  });

  test.each(['Package', 'Version', 'Architecture'])('must have %s', async (name) => {
    for (const instead of ['', `${name}:\n`, `${name}:  \n`, `X-${name}: 1\n`]) {
      const value = await readPackage(control.replace(new RegExp(`^${name}:.*\n`, 'im'), instead));
      expect(await failureOf(() => controlFields(value, 'thing.deb'))).toEqual({
        code: 'package-damaged',
        path: 'thing.deb',
        detail: expect.stringContaining(`missing field ${name}`),
      });
    }
  });

  test('are missed where the control file is missing, a folder, or no control file at all', async () => {
    for (const [entries, words] of [
      [tar({ name: './', type: '5' }), 'no control file'],
      [tar({ name: './control/', type: '5' }), 'no control file'],
      [tar({ name: './sub/control', body: control }), 'no control file'],
      [tar({ name: './control', body: 'nonsense\n' }), "'nonsense' is neither"],
      [tar({ name: './control', body: Buffer.from([0, 255, 254]) }), 'control file: '],
    ] as const) {
      const value = await readDeb(deb(entries, dataTar), 'thing.deb');
      expect(await failureOf(() => controlFields(value, 'thing.deb'))).toMatchObject({
        code: 'package-damaged',
        detail: expect.stringContaining(words),
      });
    }
  });
});
