/** What a container engine can do to us, done to it: each must be a verdict that says what happened, and leave nothing behind. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KernelVerdict } from '../../src/documents/index.js';
import { type CliResult, makeDirectory, runCli, sample } from '../support.js';
import { altered, imageOf, missingOwnDocker, OwnDocker, wrapper } from './own-docker.js';

const folder = makeDirectory();
const vendor = join(folder, 'vendor.deb');
const common = ['--engine', 'docker', '--cache-dir', join(folder, 'cache')];

beforeAll(async () => writeFileSync(vendor, (await sample()).deb));

/** The verdict of the only kernel, which must be an error. */
function errorOf({ status, stdout, stderr }: CliResult): KernelVerdict {
  const [verdict] = JSON.parse(stdout).kernels;
  expect({ status, verdict: verdict.status }, stdout + stderr).toEqual({ status: 5, verdict: 'error' });
  return verdict;
}

test('a daemon that is not there is said of by its address', async () => {
  const env = { ...process.env, DOCKER_HOST: `unix://${folder}/nobody.sock` };
  for (const command of [
    ['verify', vendor, '--kernel', 'debian-12'],
    ['matrix', '--sample', '--out', join(folder, 'none')],
    ['image', 'ls'],
  ]) {
    const { status, stdout, stderr } = await runCli([...command, ...common, '--json'], { env });
    expect({ command, status }).toEqual({ command, status: 5 });
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'mft-patch/error@1', code: 'no-engine' });
    expect(stderr).toMatch(/no container engine to verify with \(docker: .*nobody\.sock/);
  }
});

describe.skipIf(missingOwnDocker() !== '')(`with a daemon of our own (${missingOwnDocker() || 'it is there'})`, () => {
  let own: OwnDocker;
  let image = '';
  const verify = (deb: string, options: string[] = [], env = own.env) =>
    runCli(['verify', deb, '--kernel', 'debian-12', ...common, '--json', ...options], { env });
  const containers = () => own.docker('ps --all --quiet');
  /** Waits until a build in a container has begun. */
  async function container(): Promise<string> {
    for (let tries = 0; tries < 200; tries++) {
      if (own.docker('ps --quiet') !== '' && own.docker('top $(docker ps --quiet)').includes('sleep 1234')) return own.docker('ps --quiet');
      await setTimeout(100);
    }
    throw new Error('no build has begun');
  }

  beforeAll(async () => {
    own = new OwnDocker(join(folder, 'own'), '3g');
    const [tag] = await Promise.all([imageOf('debian-12'), own.start()]);
    image = tag;
    own.bring(`${image} mft-patch/base:bullseye`);
    altered(vendor, 'hangs', "sed -i '1i $(shell sleep 1234)' Makefile");
  });

  afterAll(() => own.end());

  test('a build that hangs is ended when its time is over', async () => {
    const { reason } = errorOf(await verify(join(folder, 'hangs.deb'), ['--timeout', '4']));
    expect(reason).toBe('the installation on debian-12 timed out after 4 s (raise --timeout, or check that the container engine answers)');
    expect(containers()).toBe('');
  });

  test.each(['kill', 'rm --force'])('docker %s in the middle of a build', async (how) => {
    const running = verify(join(folder, 'hangs.deb'));
    own.docker(`${how} ${await container()}`);
    expect(errorOf(await running).reason).toMatch(/^the container exited with status 137 \(killed: out of memory, or removed\)/);
    expect(containers()).toBe('');
  });

  test('a build that is killed for lack of memory', async () => {
    const deb = altered(vendor, 'eats', "sed -i '1i $(shell head -c 2000m /dev/zero | tail)' Makefile");
    const { reason, log } = errorOf(await verify(deb, ['--memory', '200m']));
    expect(reason).toMatch(/^out of memory: [1-9]\d* processes were OOM-killed \(limit 200m, see --memory\)$/);
    expect(log).not.toBe('');
    expect(containers()).toBe('');
  });

  test('a disk that is full within the container', async () => {
    own.leave(300);
    try {
      const deb = altered(vendor, 'fills', "sed -i '1i $(shell head -c 1000m /dev/zero > /var/filled)' Makefile");
      expect(errorOf(await verify(deb)).reason).toBe("no space left on the container's disk");
    } finally {
      own.leave(2500);
    }
    expect(containers()).toBe('');
  });

  // apt looks at the room before it begins; what it does not foresee, dpkg runs into.
  test.each([60, 200])(
    'a disk that is full while an image is made, after %i MB, and in a matrix the other kernel goes on',
    async (room) => {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
      const env = wrapper(join(folder, 'online'), 'docker', '[ "$1" = build ] && set -- build --network host "${@:2}"', own.env);
      own.leave(room);
      try {
        const args = ['--sample', '--kernels', 'debian-11,debian-12', '--jobs', '1', '--out', join(folder, 'full'), '--timeout', '120'];
        const { status, stdout } = await runCli(['matrix', ...args, ...common, '--json'], { env });
        expect(status).toBe(5);
        const [full, other] = JSON.parse(stdout).cells;
        expect(full).toMatchObject({ target: 'debian-11', release: '', patched: { status: 'error', artifact: '' } });
        expect(full.patched.reason).toMatch(/^docker cannot build the image of debian-11: .*(No space left on device|enough free space)/);
        expect(other).toMatchObject({ target: 'debian-12', patched: { status: 'builds' } });
      } finally {
        own.leave(2500);
      }
      expect(containers()).toBe('');
      expect(own.docker('image ls --quiet mft-patch/debian-11')).toBe('');
    },
  );

  test('an image that goes between its making and its use', async () => {
    own.docker(`tag ${image} kept`);
    const env = wrapper(join(folder, 'thief'), 'docker', `[ "$1" = run ] && "$real" image rm ${image} >&2`, own.env);
    const { reason } = errorOf(await verify(vendor, [], env));
    own.docker(`tag kept ${image}`);
    expect(reason).toContain(`docker cannot run the container: docker: Error response from daemon: No such image: ${image}`);
    expect(containers()).toBe('');
  });

  test('a daemon that dies in the middle of a build, and when it is back all is well', async () => {
    const running = verify(join(folder, 'hangs.deb'));
    await container();
    await own.kill();
    expect(errorOf(await running).reason).toMatch(/unexpected EOF|Cannot connect/);
    await own.start();
    expect(containers()).toBe('');
    expect(JSON.parse((await verify(vendor)).stdout).kernels).toMatchObject([{ status: 'fails' }]);
  });
});
