/**
 * An engine that accepts a call and never answers: --timeout must hold for each kind of call. The engines are stand-ins, since no
 * real one hangs on demand; they do not heed SIGTERM.
 */
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeDirectory, runCli, sample, writeFiles } from '../support.js';

const folder = makeDirectory();

/** It works until it is called as $HANG says; images are there if $IMAGES is set. */
const standIn = (version: string) => `#!/bin/bash
case "$*" in
	$HANG) trap '' TERM; echo "$$" >> "$STATE/hung"; while :; do sleep 1; done ;;
esac
facts='[{"Id":"sha256:1","Created":"2026-11-01T00:00:00Z","RepoTags":["x"],"RootFS":{"Layers":["sha256:a"]},"Config":{"Labels":{"mft-patch.release":"6.1.0-50-amd64"}}}]'
case "$1 $2" in
	${version}*) echo 20.10.24 amd64 ;;
	'context show') echo default ;;
	'image inspect') if [ -n "$IMAGES" ] || [ -e "$STATE/built" ]; then echo "$facts"; else exit 1; fi ;;
	'image ls') printf 'mft-patch/debian-12:1\\t1MB\\n' ;;
	pull*) [ -z "$NO_REGISTRY" ] ;;
	build*) touch "$STATE/built" ;;
	run*) case "$*" in *mft-patch-release*) echo 6.1.0-50-amd64 ;; *) sleep 3; exit 125 ;; esac ;;
	start*) echo release=6.1.0 ;;
esac
`;

beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  writeFiles(folder, {
    'bin/docker': standIn('version'),
    'bin/podman': standIn('info'),
    'bin/mmdebstrap': '#!/bin/sh\n',
    'state/.keep': '',
    'vendor.deb': (await sample()).deb,
    'linux/Makefile': 'VERSION = 6\nPATCHLEVEL = 1\n',
    'linux.tar': 'no archive, and nobody looks',
  });
  for (const program of ['docker', 'podman', 'mmdebstrap']) chmodSync(join(folder, 'bin', program), 0o755);
});

/** What has hung must be gone when the program has ended; it has had SIGKILL by then or gets it in a moment. */
afterEach(async () => {
  const hung = existsSync(join(folder, 'state/hung')) ? readFileSync(join(folder, 'state/hung'), 'utf8').trim().split('\n') : [];
  for (const pid of hung)
    for (let tries = 0; tries < 50 && existsSync(`/proc/${pid}`); tries++) await new Promise((done) => setTimeout(done, 50));
  expect(hung.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

async function run(args: string[], env: NodeJS.ProcessEnv) {
  const common = ['--timeout', '2', '--cache-dir', join(folder, 'cache'), '--json'];
  const { status, stdout, stderr } = await runCli([...args, ...common], {
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STATE: join(folder, 'state'), ...env },
  });
  const document = JSON.parse(stdout);
  const reason = document.kernels?.[0]?.reason ?? document.cells?.[0]?.patched.reason ?? `${document.message} (${document.hint})`;
  return { status, reason, stderr };
}

const commandsOf = (engine: string) => ({
  verify: ['verify', 'vendor.deb', '--kernel', 'debian-12', '--engine', engine],
  matrix: ['matrix', '--sample', '--kernel', 'debian-12', '--out', 'out', '--engine', engine],
  image: (...args: string[]) => ['image', ...args, '--engine', engine],
  source: ['verify', 'vendor.deb', '--engine', engine, '--kernel-source'],
});

describe.each(['docker', 'podman'])('%s is asked for its version and never answers', (engine) => {
  const { verify, matrix, image } = commandsOf(engine);
  const question = engine === 'docker' ? 'version*' : 'info*';

  test.each([verify, matrix, image('ls'), image('rm', 'all'), image('build', 'debian-12')])('%s %s', async (...args) => {
    const { status, reason } = await run(args, { HANG: question });
    expect(status).toBe(5);
    expect(reason).toContain(`${engine}: it was asked but did not answer within 2 s; check it with ${engine} ${question.slice(0, -1)}`);
  });
});

describe('docker never answers', () => {
  const { verify, matrix, image, source } = commandsOf('docker');

  test.each([
    { call: 'image inspect', args: verify, hang: 'image inspect*', env: { IMAGES: 'yes' }, what: 'building the image of debian-12' },
    { call: 'pull', args: verify, hang: 'pull*', env: {}, what: 'building the image of debian-12' },
    { call: 'import', args: verify, hang: 'import*', env: { NO_REGISTRY: 'yes' }, what: 'building the image of debian-12' },
    { call: 'build', args: matrix, hang: 'build*', env: {}, what: 'building the image of debian-12' },
    { call: 'run', args: verify, hang: 'run*', env: { IMAGES: 'yes' }, what: 'the installation on debian-12' },
    { call: 'run and rm', args: verify, hang: 'r[um]*', env: { IMAGES: 'yes' }, what: 'the installation on debian-12' },
    { call: 'tag', args: verify, hang: 'tag*', env: {}, what: 'building the image of debian-12' },
    { call: 'image ls', args: image('ls'), hang: 'image ls*', env: {}, what: 'docker image ls' },
    { call: 'image inspect of a list', args: image('ls'), hang: 'image inspect*', env: {}, what: 'docker image inspect' },
    { call: 'image rm', args: image('rm', 'all'), hang: 'image rm*', env: { IMAGES: 'yes' }, what: 'docker image rm' },
    { call: 'create', args: [...source, 'linux.tar'], hang: 'create*', env: {}, what: 'building the image of linux' },
    { call: 'cp', args: [...source, 'linux.tar'], hang: 'cp*', env: {}, what: 'building the image of linux' },
    { call: 'cp of a tree', args: [...source, 'linux'], hang: 'cp - *:/', env: {}, what: 'building the image of linux' },
    { call: 'start', args: [...source, 'linux.tar'], hang: 'start*', env: {}, what: 'building the image of linux' },
    { call: 'commit', args: [...source, 'linux.tar'], hang: 'commit*', env: {}, what: 'building the image of linux' },
  ])('$call', async ({ args, hang, env, what }) => {
    const { status, reason } = await run(args, { HANG: hang, ...env });
    expect(status, reason).toBe(5);
    expect(reason).toBe(`${what} timed out after 2 s (raise --timeout, or check that the container engine answers)`);
  });
});
