import { describe, expect, test } from 'vitest';
import { parseKernelRelease } from '../../src/kernels/release.js';
import { failureOf } from '../support.js';

describe('what a kernel release means', () => {
  test.each([
    ['5.18', '5.18.0'],
    ['5.18.3', '5.18.3'],
    ['5.18-rc1', '5.18.0'],
    ['5.18.0-rc7', '5.18.0'],
    ['6.1.0-50-amd64', '6.1.0'],
    ['7.3.4+deb13-amd64', '7.3.4'],
    ['2.6.32', '2.6.32'],
    ['10.0', '10.0.0'],
    ['6.12.9', '6.12.9'],
    ['6.1.0-0.deb11.21-cloud-amd64', '6.1.0'],
    ['6.8.0-41-generic', '6.8.0'],
    ['5.15.0-1033-azure', '5.15.0'],
    ['6.17.2-1-pve', '6.17.2'],
    ['5.14.0-427.13.1.el9_4.x86_64', '5.14.0'],
    ['4.18.0-553.el8.x86_64', '4.18.0'],
    ['3.10.0-1160.71.1.el7.x86_64', '3.10.0'],
    ['5.4.17-2136.300.7.el8uek.x86_64', '5.4.17'],
    ['5.14.21-150500.55.19-default', '5.14.21'],
    ['6.4.0-150600.23-default', '6.4.0'],
    ['4.12.14-122.37-default', '4.12.14'],
  ])('%s is %s', (text, version) => {
    const [major, minor] = version.split('.').map(Number);
    expect(parseKernelRelease(text)).toEqual({ text, version, major, minor });
  });

  test.each([
    '',
    '5',
    'five',
    'v5.18',
    '5.',
    '.18',
    '5.18.',
    '05.18',
    '5.018',
    '5,18',
    '5.18 ',
    '-5.18',
    '5.18/../x',
    '5.18\n',
    '99999999999999999999.1',
    '5.18foo',
    'latest',
  ])("'%s' is none", async (text) => {
    expect(await failureOf(() => parseKernelRelease(text))).toMatchObject({ code: 'usage', detail: expect.stringContaining(text) });
  });
});
