/** What an image says of the kernel in it, and an engine that cannot run it. */
import { expect, test } from 'vitest';
import type { Engine } from '../../src/containers/engine.js';
import { releaseInside } from '../../src/containers/image.js';
import { failureOf, testContext } from '../support.js';

/** A stand-in for an engine: each of its containers ends so. */
function engineThat(exitCode: number, stdout: string, stderr = ''): Engine {
  const run = async () => ({ exitCode, stdout: Buffer.from(stdout), stderr });
  return { name: 'podman', run } as unknown as Engine;
}

const image = { tag: 'mft-patch/debian-12:1', name: 'debian-12' };
const ask = (engine: Engine) => releaseInside(engine, image, testContext());

test('one kernel, or none', async () => {
  expect(await ask(engineThat(0, '6.1.0-56-amd64\n'))).toBe('6.1.0-56-amd64');
  expect(await ask(engineThat(0, 'none\n'))).toBe('none');
});

test.each<[Engine, string]>([
  [engineThat(0, '6.1.0-56-amd64\n6.1.0-57-amd64\n'), 'should contain exactly one kernel, found: 6.1.0-56-amd64, 6.1.0-57-amd64'],
  [
    engineThat(126, '', 'Error: runc: error setting rlimit type 7: operation not permitted'),
    'podman cannot run the image of debian-12: Error: runc:',
  ],
])('refuses several, and says why none can be run', async (engine, words) => {
  expect(await failureOf(() => ask(engine))).toMatchObject({ code: 'engine-failed', detail: expect.stringContaining(words) });
});
