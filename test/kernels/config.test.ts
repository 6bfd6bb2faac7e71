import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/kernels/config.js';
import { failureOf } from '../support.js';

/** A little of each kind of line that a distribution's configuration has. */
const real = `#
# Automatically generated file; DO NOT EDIT.
# Linux/x86 6.1.170 Kernel Configuration
#
CONFIG_CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"
CONFIG_CC_IS_GCC=y
CONFIG_GCC_VERSION=120200

#
# General setup
#
CONFIG_LOCALVERSION=""
# CONFIG_COMPILE_TEST is not set
CONFIG_NLS_ISO8859_1=m
CONFIG_PANIC_ON_OOPS_VALUE=0
CONFIG_CMDLINE="quiet root=\\"LABEL=a b\\" path=C:\\\\x"
CONFIG_PHYSICAL_START=0x1000000
CONFIG_ILLEGAL_POINTER_VALUE=0xdead000000000000
CONFIG_DEFAULT_MMAP_MIN_ADDR=-65536
# end of General setup
`;

const without = (text: string) => failureOf(() => checkConfig('.config', text));

describe('the text of a kernel configuration', () => {
  test('comes back as it is', () => {
    expect(checkConfig('.config', real)).toBe(real);
    expect(checkConfig('.config', 'CONFIG_X=y')).toBe('CONFIG_X=y');
    const dos = real.replaceAll('\n', '\r\n');
    expect(checkConfig('.config', dos)).toBe(dos);
  });

  test.each([
    'CONFIG_X=yes',
    'CONFIG_X=',
    'CONFIG_X',
    'CONFIG_X = y',
    'CONFIG_X="open',
    'CONFIG_X="a" b"',
    'CONFIG_X="a\\"',
    "CONFIG_X='a'",
    'CONFIG_X=0xfg',
    'CONFIG_X=1.5',
    'CONFIG_X=--1',
    'CONFIG-X=y',
    'X=y',
    ' CONFIG_X=y',
    'config X',
    '<!doctype html>',
    '\u001f\u008b\b',
  ])('%j is no line of one, and its number is told', async (line) => {
    const lines = real.split('\n');
    const text = lines.toSpliced(13, 0, line).join('\n');
    expect(await without(text)).toMatchObject({ code: 'source-unfit', path: '.config:14', detail: expect.stringContaining(`'${line}'`) });
  });

  test('a long line is told by its beginning', async () => {
    const failure = await without(`CONFIG_X=y\n${'z'.repeat(5000)}`);
    expect(failure).toMatchObject({ path: '.config:2', detail: `'${'z'.repeat(60)}' is not a valid .config line` });
  });

  test.each([
    ['empty', ''],
    ['blank', '\n \n\t\n'],
    ['of comments alone', '# CONFIG_X is not set\n# CONFIG_Y=y\n'],
  ])('that is %s sets nothing, and is refused', async (_, text) => {
    expect(await without(text)).toMatchObject({
      code: 'source-unfit',
      path: '.config',
      detail: expect.stringContaining('no CONFIG_ settings'),
    });
  });
});
