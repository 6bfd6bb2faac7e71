/** What happens where no container engine, no registry or no mmdebstrap is to be had: an empty PATH is such a place. */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeDirectory, runCli, sample, writeFiles } from '../support.js';

const folder = makeDirectory();
const nowhere = { ...process.env, PATH: join(folder, 'empty') };

/** A PATH with a stand-in for docker that runs the given script. */
function fakeDocker(name: string, script: string): NodeJS.ProcessEnv {
  writeFiles(folder, { [`${name}/docker`]: `#!/bin/sh\n${script}\n` });
  chmodSync(join(folder, name, 'docker'), 0o755);
  return { ...process.env, PATH: join(folder, name) };
}

describe('without an engine', () => {
  test('build writes the package and warns how to get one', async () => {
    const out = join(folder, 'dist');
    const { status, stdout, stderr } = await runCli(['build', '--kernel', '6.1', '--sample', '--json', '--out', out], { env: nowhere });
    expect(status).toBe(0);
    expect(stderr).toContain('warning: not verified: no container engine');
    expect(stderr).toContain('install docker.io or podman');
    expect(JSON.parse(stdout).verification).toEqual({
      status: 'skipped',
      reason: expect.stringMatching(/docker: not installed; podman: not installed/),
      kernels: [],
    });
    expect(readdirSync(out)).toHaveLength(3);
  });

  test('build --verify writes the package and is exit 5', async () => {
    const out = join(folder, 'strict');
    const { status, stdout, stderr } = await runCli(['build', '--kernel', '6.1', '--sample', '--verify', '--out', out], { env: nowhere });
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toContain('mft-patch: no container engine');
    expect(readdirSync(out)).toHaveLength(3);
  });

  test('verify is exit 5, also for one engine by name', async () => {
    writeFiles(folder, { 'vendor.deb': (await sample()).deb });
    for (const engine of [[], ['--engine', 'podman']]) {
      const { status, stdout, stderr } = await runCli(['verify', join(folder, 'vendor.deb'), '--kernel', '6.1', ...engine], {
        env: nowhere,
      });
      expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
      expect(stderr).toContain('podman: not installed');
    }
  });

  test('a daemon that does not answer is told apart from none', async () => {
    const env = fakeDocker('dead', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const { status, stderr } = await runCli(['verify', join(folder, 'vendor.deb'), '--kernel', '6.1'], { env });
    expect(status).toBe(5);
    expect(stderr).toContain('docker: Cannot connect to the Docker daemon; podman: not installed');
  });
});

describe('without a registry', () => {
  const noRegistry = 'case "$1" in version) echo 20.10.24 amd64 ;; *) echo "no such host" >&2; exit 1 ;; esac';

  test('verify tells what is missing, as a verdict', async () => {
    const env = fakeDocker('lonely', noRegistry);
    const { status, stdout } = await runCli(['verify', join(folder, 'vendor.deb'), '--kernel', '6.1', '--json'], { env });
    expect(status).toBe(5);
    expect(JSON.parse(stdout).kernels).toMatchObject([
      { target: 'debian-12', status: 'error', reason: expect.stringMatching(/cannot pull.*no such host.*mmdebstrap/) },
    ]);
  });

  test('build skips the verification with that reason, and with --verify fails', async () => {
    const env = fakeDocker('lonely', noRegistry);
    const args = ['build', '--kernel', '6.1', '--sample', '--out', join(folder, 'lonely-out')];
    expect(await runCli(args, { env })).toMatchObject({ status: 0, stderr: expect.stringMatching(/not verified: .*mmdebstrap/) });
    expect(await runCli([...args, '--verify'], { env })).toMatchObject({ status: 5, stdout: '' });
  });
});

test('with --offline no image is made, and the verdict tells how to bring it', async () => {
  const env = fakeDocker(
    'offline',
    'case "$1" in version) echo 20.10.24 amd64 ;; image) exit 1 ;; *) echo "asked: $*" >> "$0.asked" ;; esac',
  );
  const { status, stdout } = await runCli(['verify', join(folder, 'vendor.deb'), '--kernel', '6.1', '--offline', '--json'], { env });
  expect(status).toBe(5);
  expect(JSON.parse(stdout).kernels).toMatchObject([
    { status: 'error', reason: expect.stringMatching(/missing and --offline is set.*image save and load/) },
  ]);
  expect(readdirSync(join(folder, 'offline'))).toEqual(['docker']);
});

describe('bad input to verify', () => {
  test.each([
    ['a kernel of a distribution that no target carries', ['vendor.deb', '--kernel', '5.14.0-427.el9.x86_64'], 2, 'ubuntu-22.04 (5.15)'],
    ['a misspelt target', ['vendor.deb', '--kernel', 'debain-12'], 2, 'did you mean debian-12 or'],
    ['a kernel that is none', ['vendor.deb', '--kernel', '6'], 2, "invalid kernel release '6'"],
    ['no kernel', ['vendor.deb'], 2, '--kernel'],
    ['a file that is not there', ['gone.deb', '--kernel', '6.1'], 3, 'gone.deb'],
    ['a file that is no package', ['empty/../vendor.txt', '--kernel', '6.1'], 3, 'not a .deb'],
  ])('%s', async (_, args, code, words) => {
    writeFiles(folder, { 'vendor.txt': 'no package', 'empty/x': '' });
    const { status, stdout, stderr } = await runCli(['verify', ...args], { cwd: folder, env: nowhere });
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
    expect(stderr).toContain(words);
  });
});
