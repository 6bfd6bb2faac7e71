import { describe, expect, test } from 'vitest';
import { hostTarget } from '../../src/kernels/host.js';
import type { Target } from '../../src/kernels/target.js';
import { parseTarget } from '../../src/kernels/target-file.js';
import { failureOf } from '../support.js';

const target = (name: string, fields: Partial<Target>) =>
  parseTarget(`kernels/${name}.json`, JSON.stringify({ title: name, headers: 'linux-headers-{arch}', tried: ['docker'], ...fields }));
const catalogue = [
  target('debian-12', { kernel: '6.1', image: 'debian:bookworm-slim', suites: ['bookworm'] }),
  target('debian-12-backports', { kernel: '6.12', image: 'debian:bookworm-slim', suites: ['bookworm', 'bookworm-backports'] }),
  target('debian-sid', { kernel: '7.2', image: 'debian:sid-slim', suites: ['sid'], checkValidUntil: false }),
  target('ubuntu-24.04', { kernel: '6.8', image: 'ubuntu:24.04', suites: ['noble'] }),
];

/** The files as the distributions have them, but for their addresses. */
const bookworm = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;
const sid = `PRETTY_NAME="Debian GNU/Linux forky/sid"
NAME="Debian GNU/Linux"
VERSION_CODENAME=forky
ID=debian
`;
const noble = `PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.3 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
`;
const fedora = `NAME="Fedora Linux"
VERSION="42 (Server Edition)"
ID=fedora
VERSION_ID=42
VERSION_CODENAME=""
PRETTY_NAME="Fedora Linux 42 (Server Edition)"
`;
const mint = `NAME="Linux Mint"
ID=linuxmint
ID_LIKE="ubuntu debian"
PRETTY_NAME="Linux Mint 22"
VERSION_CODENAME=wilma
UBUNTU_CODENAME=noble
`;

const usual = { name: 'host', rolling: false, snapshot: '', checkValidUntil: true, tried: [] };

describe('the running machine is a target with the headers of its very release:', () => {
  test('Debian, whose newer kernels come from its backports', () => {
    expect(hostTarget('6.1.0-50-amd64', bookworm, catalogue)).toStrictEqual({
      ...usual,
      title: 'this machine, Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1',
      image: 'debian:bookworm-slim',
      suites: ['bookworm', 'bookworm-backports'],
      headers: 'linux-headers-6.1.0-50-amd64',
    });
    expect(hostTarget('6.12.95+deb12-amd64', bookworm, catalogue)).toMatchObject({
      kernel: '6.12',
      headers: 'linux-headers-6.12.95+deb12-amd64',
    });
  });

  test('Debian unstable, which calls itself by the name of the next release and has no backports', () => {
    expect(hostTarget('7.2.13+deb14-amd64', sid, catalogue)).toStrictEqual({
      ...usual,
      title: 'this machine, Debian GNU/Linux forky/sid',
      kernel: '7.2',
      image: 'debian:sid-slim',
      suites: ['sid'],
      headers: 'linux-headers-7.2.13+deb14-amd64',
      checkValidUntil: false,
    });
  });

  test('Ubuntu', () => {
    expect(hostTarget('6.8.0-90-generic', noble, catalogue)).toStrictEqual({
      ...usual,
      title: 'this machine, Ubuntu 24.04.3 LTS',
      kernel: '6.8',
      image: 'ubuntu:24.04',
      suites: ['noble'],
      headers: 'linux-headers-6.8.0-90-generic',
    });
  });

  test('a release of a distribution that the catalogue does not have', () => {
    expect(hostTarget('6.1.0-50-amd64', bookworm.replaceAll('bookworm', 'duke'), catalogue)).toMatchObject({
      image: 'debian:duke-slim',
      suites: ['duke', 'duke-backports'],
    });
    const plucky = noble.replaceAll('noble', 'plucky').replaceAll('24.04', '25.04');
    expect(hostTarget('6.14.0-15-generic', plucky, catalogue)).toMatchObject({ image: 'ubuntu:25.04', suites: ['plucky'], kernel: '6.14' });
  });
});

describe('a machine that no image can be made for is refused, and what to do instead is said:', () => {
  test.each([
    ['Fedora', fedora, 'this is Fedora Linux 42 (Server Edition)'],
    ['a rebuild, whose names are its own', mint, 'this is Linux Mint 22'],
    ['Debian without a codename', bookworm.replace(/^VERSION_CODENAME.*\n/m, ''), 'this is Debian GNU/Linux 12 (bookworm)'],
    ['no os-release', '', 'this is a system without /etc/os-release'],
  ])('%s', async (_, osRelease, words) => {
    expect(await failureOf(() => hostTarget('6.14.0-63.fc42.x86_64', osRelease, catalogue))).toEqual({
      code: 'usage',
      detail: expect.stringContaining(words),
      hint: expect.stringContaining('--kernel-source /usr/src/kernels/6.14.0-63.fc42.x86_64'),
    });
  });
});
