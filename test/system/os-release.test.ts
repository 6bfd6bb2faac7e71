import { expect, test } from 'vitest';
import { osName, osReleaseField } from '../../src/system/os-release.js';

test.each([
  ['ID=debian\n', 'debian'],
  ['NAME="x"\nID="debian"\n', 'debian'],
  ["ID='debian'\n", 'debian'],
  ['VERSION_ID=12\n', ''],
  ['ID="debian\n', ''],
  ['ID=\n', ''],
])('the ID in %j is %j', (text, id) => {
  expect(osReleaseField(text, 'ID')).toBe(id);
});

test('a system is named as it names itself', () => {
  expect(osName('PRETTY_NAME="Bob\'s Linux 3"\n')).toBe("Bob's Linux 3");
  expect(osName('')).toBe('a system without /etc/os-release');
});
