/** How a machine is asked: below a root, in the language C, and with an answer whatever happens. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Release } from '../../src/bundle/release-file.js';
import { type Device, isTooOther, releaseFor } from '../../src/machine/cards.js';
import { readDkms } from '../../src/machine/dkms.js';
import { judgeEngine } from '../../src/machine/engine.js';
import { examine } from '../../src/machine/examine.js';
import { headersPackage, movingHeaders } from '../../src/machine/header-packages.js';
import { openMachine } from '../../src/machine/machine.js';
import { judgeSigningKey, readSigningKey, type SecureBoot, type SigningKey } from '../../src/machine/secure-boot.js';
import { runProgram } from '../../src/system/run-program.js';
import { makeDirectory, testContext, writeFiles } from '../support.js';
import { debians } from './debians.js';
import { type Answer, type Description, makeMachine } from './stand-in.js';

const open = (root: string) => openMachine({ root, uid: 1000, program: runProgram }, testContext());

describe('files', () => {
  const root = makeDirectory();
  writeFiles(root, { 'usr/lib/modules/6.1/x': 'inside', 'etc/plain': 'text' });
  for (const [path, target] of [
    ['lib', 'usr/lib'],
    ['etc/absolute', '/usr/lib/modules/6.1/x'],
    ['etc/above', '../../../../etc/plain'],
    ['etc/loop', 'loop'],
    ['etc/nowhere', '/none'],
  ] as const)
    symlinkSync(target, join(root, path));
  const machine = open(root);

  test.each([
    ['/lib/modules/6.1/x', 'inside'],
    ['/etc/absolute', 'inside'],
    ['/etc/above', 'text'],
    ['/etc/loop', undefined],
    ['/etc/nowhere', undefined],
    ['/etc/plain/below', undefined],
    ['/etc', undefined],
  ])('a link leads to where the machine itself would look: %s', async (path, content) => {
    expect(await machine.text(path)).toBe(content);
  });

  test('names and places are those of the machine', async () => {
    expect(await machine.names('/lib/modules')).toEqual(['6.1']);
    expect(await machine.names('/none')).toEqual([]);
    expect(await machine.place('/etc/absolute')).toBe('/usr/lib/modules/6.1/x');
    expect(await machine.place('/')).toBe('/');
    expect((await machine.space('/lib'))?.bytes).toBeGreaterThan(0);
  });

  test.skipIf(process.getuid?.() === 0)('what this user may not read is noted', async () => {
    const asUser = open('/');
    expect(await asUser.text('/etc/shadow')).toBe(undefined);
    expect([...asUser.denied]).toEqual(['/etc/shadow']);
  });
});

describe('programs', () => {
  test('answer in the language C, with what is in sbin', async () => {
    const { stdout } = await open('/').run('sh', '-c', 'echo "$LC_ALL,$LANGUAGE,$PATH"');
    expect(stdout).toMatch(/^C,,.*:\/usr\/sbin:/);
  });

  test('may be missing, fail, or not be programs', async () => {
    const machine = open('/');
    expect(await machine.run('no-such-program-of-ours')).toMatchObject({ exitCode: 127, stdout: '' });
    expect(await machine.run('sh', '-c', 'echo out; echo err >&2; exit 3')).toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const root = makeDirectory();
    writeFiles(root, { 'not-a-program': '' });
    expect((await machine.run(join(root, 'not-a-program'))).exitCode).not.toBe(0);
  });
});

const simple = { title: '', system: 'Debian GNU/Linux 12 (bookworm)', release: '6.1.0-50-amd64', files: {}, packages: [] };

test.each<[string, Answer, object[]]>([
  [
    '2.8.4',
    'kernel-mft-dkms, 4.15.1, 5.10.0-33-amd64, amd64: installed\nkernel-mft-dkms, 4.20.1: added\n',
    [
      { version: '4.15.1', arch: 'amd64', state: 'installed' },
      { version: '4.20.1', release: '', state: 'added' },
    ],
  ],
  [
    '3.0.10',
    'kernel-mft-dkms/4.20.1, 6.1.0-50-amd64, x86_64: installed (WARNING! Diff between built and installed module!) (WARNING! Diff between built and installed module!)\n',
    [{ release: '6.1.0-50-amd64', differs: true }],
  ],
  [
    '3.2.2',
    {
      exit: 4,
      out: 'kernel-mft-dkms/4.15.1: broken\nzfs/2.3.2, 6.12, x86_64: installed\n',
      err: 'Error! kernel-mft-dkms/4.15.1: Missing the module source directory\n',
    },
    [{ version: '4.15.1', state: 'broken' }],
  ],
  ['3.0.10', { exit: 1, err: 'You must be root to use this command.\n' }, []],
])('dkms %s says what it has: %j', async (version, status, rows) => {
  const { machine } = makeMachine({ ...simple, dkms: { version, status } });
  expect(await readDkms(machine)).toMatchObject({ version, rows });
});

test('a dkms that does not answer in time is not one that has nothing', async () => {
  const working: Description = debians['debian-12-working'] ?? simple;
  const { machine } = makeMachine({ ...working, dkms: { version: '3.0.10', status: { exit: 124 } } });
  const { checks } = await examine(machine, testContext());
  const lines = checks.filter(({ id }) => id === 'dkms' || id === 'modules').map(({ status, text }) => `${status}: ${text}`);
  expect(lines).toEqual(['unknown: 3.0.10; it does not answer', 'unknown: dkms does not say for which kernels they are built']);
});

test.each([
  ['6.1.0-50-amd64', [], 'linux-headers-6.1.0-50-amd64'],
  ['6.1.0-50-cloud-amd64', [], 'linux-headers-6.1.0-50-cloud-amd64'],
  ['6.8.0-1013-nvidia-64k', [], 'linux-headers-6.8.0-1013-nvidia-64k'],
  ['6.8.12-4-pve', [], 'proxmox-headers-6.8.12-4-pve'],
  ['6.5.11-4-pve', [], 'proxmox-headers-6.5.11-4-pve'],
  ['6.5.3-1-pve', ['pve-kernel-6.5.3-1-pve'], 'pve-headers-6.5.3-1-pve'],
  ['6.2.16-20-pve', [], 'pve-headers-6.2.16-20-pve'],
  ['6.14.0-2-bpo12-pve', [], 'proxmox-headers-6.14.0-2-bpo12-pve'],
])('the headers of %s with %j are in %s', (release, installed, name) => {
  expect(headersPackage(release, (candidate) => (installed as string[]).includes(candidate))).toBe(name);
});

test.each([
  [['linux-image-6.1.0-50-amd64', 'linux-image-amd64', 'linux-image-amd64-dbg'], ['linux-headers-amd64']],
  [
    ['linux-image-generic-hwe-22.04', 'linux-image-unsigned-6.8.0-60-generic', 'linux-image-extra-virtual'],
    ['linux-headers-generic-hwe-22.04'],
  ],
  [
    ['linux-image-azure-lts-22.04', 'linux-image-cloud-amd64'],
    ['linux-headers-azure-lts-22.04', 'linux-headers-cloud-amd64'],
  ],
  [['proxmox-default-kernel', 'proxmox-kernel-6.8', 'proxmox-kernel-6.8.12-4-pve-signed'], ['proxmox-default-headers']],
  [['pve-kernel-5.15', 'pve-kernel-5.15.158-2-pve'], ['pve-headers-5.15']],
  [['gcc-12'], []],
])('beside %j the headers that move on are %j', (installed, names) => {
  expect(movingHeaders(installed)).toEqual(names);
});

describe('cards', () => {
  const old = { name: 'old', ids: ['1003'], upTo: '4.22.1', lacks: ['4.23.0'], sources: ['a'] };
  const young = { name: 'young', ids: ['1023'], from: '4.21.0', lacks: ['4.16.0'], sources: ['a'] };
  const releases = ['4.15.1', '4.22.1', '4.36.0', '4.9.0'].map((version) => ({ version, revision: '1', arch: 'x86_64' }) as Release);
  const device = (card: Device['card'], kind: Device['kind'] = 'card'): Device => ({ slot: '', id: '', driver: '', card, kind });

  test.each([
    [old, '4.22.1-417', false],
    [old, '4.20.1-14', false],
    [old, '4.36.0-1031', true],
    [young, '4.15.1-9', true],
    // Between the last that is known not to serve it and the first that is known to nothing is known.
    [young, '4.18.0-106', false],
    [young, '4.36.0.1031-1', false],
    [young, 'nonsense', false],
  ])('%j with MFT %s: %s', (card, mft, isFault) => {
    expect(isTooOther(card, mft)).toBe(isFault);
  });

  test('the release to install serves all of them', () => {
    expect(releaseFor([device(old)], releases, 'x86_64')).toBe('4.22.1-1');
    expect(releaseFor([device(young)], releases, 'x86_64')).toBe('4.36.0-1');
    expect(releaseFor([device(old), device(young)], releases, 'x86_64')).toBe('4.22.1-1');
    expect(releaseFor([device(undefined, 'unknown')], releases, 'x86_64')).toBe('4.36.0-1');
    expect(releaseFor([device(young, 'virtual')], releases, 'x86_64')).toBe(undefined);
    expect(releaseFor([], releases, 'x86_64')).toBe(undefined);
    expect(releaseFor([device(old)], releases, 'arm64')).toBe(undefined);
  });
});

test.each<[string, Answer | undefined, string]>([
  ['already enrolled', { exit: 1, out: '/k.der is already enrolled\n' }, 'enrolled'],
  ["in the firmware's own list", { exit: 1, out: '/k.der is already in db\n' }, 'built-in'],
  ['not enrolled', '/k.der is not enrolled\n', 'not-enrolled'],
  ['pending', { exit: 1, out: '/k.der is already in the enrollment request\n' }, 'pending'],
  ['without UEFI', { exit: 1, err: 'EFI variables are not supported on this system\n' }, 'unknown'],
  ['without mokutil', undefined, 'no-mokutil'],
])("a key of the administrator's own, %s", async (_, answer, state) => {
  const files = { '/etc/dkms/framework.conf.d/site.conf': '# mok_certificate="/no"\nmok_certificate="/k.der"\n', '/k.der': 'DER' };
  const programs: Record<string, Answer> = answer === undefined ? {} : { 'mokutil --test-key /k.der': answer };
  expect(await readSigningKey(makeMachine({ ...simple, files, programs }).machine, false)).toEqual({ path: '/k.der', state });
});

describe('a kernel that loads signed modules only, and a key that is enrolled', () => {
  const judge = (state: SecureBoot['state'], key: SigningKey['state']) =>
    judgeSigningKey({ path: '/k.der', state: key }, { state, lockdown: 'none', isEnforced: true }, { dkms: '3.0.10', hasMokutil: true });

  test.each<[SecureBoot['state'], string[]]>([
    ['on', []],
    ['unknown', []],
    ['off', ['systemctl reboot --firmware-setup']],
    ['bios', ['editor /etc/default/grub', 'update-grub', 'reboot']],
  ])('Secure Boot %s', (state, commands) => {
    expect(judge(state, 'enrolled')).toMatchObject({ status: commands.length === 0 ? 'ok' : 'fault' });
    expect(judge(state, 'enrolled').cures.map(({ command }) => command)).toEqual(commands);
    expect(judge(state, 'built-in').status).toBe('ok');
  });
});

test.each([
  [
    'docker',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'systemctl enable --now docker',
  ],
  ['docker', 'permission denied while trying to connect to the Docker daemon socket', 'usermod -aG docker "$USER"'],
  ['podman', 'cannot clone: Invalid argument', 'podman info'],
  ['podman', 'not installed', 'apt install docker.io'],
])('%s: %s', (engine, detail, command) => {
  const other = { engine: engine === 'docker' ? 'podman' : 'docker', detail: 'not installed' };
  const check = judgeEngine({ tried: [{ engine, detail }, other], isMember: false });
  expect(check).toMatchObject({ status: 'note', cures: [{ command }] });
});
