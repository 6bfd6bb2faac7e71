/** What a message quotes of an engine's output. */
import { expect, test } from 'vitest';
import { lastLines } from '../../src/containers/engine.js';

const quoteOf = (stdout: string) => lastLines({ stdout: Buffer.from(stdout), stderr: '' });

test("all of apt's errors, also one that came before the end of a line of the other stream", () => {
  const errors = [
    'E: Unable to locate package a-6.9',
    "E: Couldn't find any package by glob 'a-6.9'",
    "E: Couldn't find any package by regex 'a-6.9'",
  ];
  const red = errors.map((error) => `\u001b[91m${error}\n\u001b[0m`).join('');
  for (const between of ['\n', '']) expect(quoteOf(`Reading state information...${between}${red}`)).toBe(errors.join(' / '));
});

test('without such errors the last three lines', () => {
  expect(quoteOf('one\ntwo\nthree\nfour...\n')).toBe('two / three / four...');
});

test('an error of apt that is cut by what apt says on the other stream', () => {
  const cut = [
    'Need to get 67 MB of archives.\n\u001b[91mE: \u001b[0m0 upgraded, 60 newly installed, 0 to remove and 0 not upgraded.\n',
    "\u001b[91mYou don't have enough free space in /var/cache/apt/archives/.\n\u001b[0m",
  ].join('');
  expect(quoteOf(cut)).toBe("E: You don't have enough free space in /var/cache/apt/archives/.");
});

test("dpkg's reason, where apt says only that dpkg failed", () => {
  const log = [
    '\u001b[91mdpkg: error processing archive /tmp/apt-dpkg-install-3p/07-linux-headers-5.10.0-46-common_5.10.254-1_all.deb (--unpack):',
    " cannot copy extracted data for './usr/src/x.h' to '/usr/src/x.h.dpkg-new': failed to write (No space left on device)",
    '\u001b[0m\u001b[91mErrors were encountered while processing:',
    ' /tmp/apt-dpkg-install-3p/07-linux-headers-5.10.0-46-common_5.10.254-1_all.deb',
    '\u001b[0m\u001b[91mE: Sub-process /usr/bin/dpkg returned an error code (1)\n\u001b[0m',
  ].join('\n');
  const reason =
    "dpkg: cannot copy extracted data for './usr/src/x.h' to '/usr/src/x.h.dpkg-new': failed to write (No space left on device)";
  expect(quoteOf(log)).toBe(`${reason} / E: Sub-process /usr/bin/dpkg returned an error code (1)`);
});
