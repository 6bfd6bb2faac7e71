/** Images: made once and listed. */
import { describe, expect, test } from 'vitest';
import { missing, sh } from '../support.js';
import { image } from './image-command.js';

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('what is there is listed, and is not built again', async () => {
    const first = await image(['build', 'debian-12']);
    expect(first).toMatchObject({ status: 0, images: [{ target: 'debian-12', release: expect.stringMatching(/^6\.1\./) }] });
    expect(first.images[0]?.image).toMatch(/^mft-patch\/debian-12:[0-9a-f]{12}$/);
    const id = () => sh(`docker image inspect --format {{.Id}} ${first.images[0]?.image}`);
    const before = id();
    // By its release, too; and nothing is told, since nothing is done.
    const second = await image(['build', '6.1', 'debian-12', '--quiet']);
    expect(second).toEqual({ status: 0, stderr: '', images: first.images });
    expect(id()).toBe(before);
    const { images, stderr } = await image(['ls']);
    expect(images).toContainEqual(first.images[0]);
    expect(stderr).toBe('');
    // A file of its own says so; a name alone would go with any image that somebody tags so.
    expect(sh(`docker run --rm --network none ${first.images[0]?.image} cat /etc/mft-patch-release`).trim()).toBe(first.images[0]?.release);
  });

  test.each([
    ['build', 'debain-12', 'did you mean debian-12'],
    ['rm', 'debain-12', "no image for 'debain-12'"],
    ['rm', 'mft-patch/debian-12:000000000000', 'no image for'],
  ])('image %s %s is a wrong call', async (command, name, words) => {
    expect(await image([command, name])).toMatchObject({ status: 2, stderr: expect.stringContaining(words) });
  });

  test('an archive that is none is a wrong call, one that does not answer is told in the words of apt', async () => {
    expect(await image(['build', 'debian-12', '--apt-mirror', 'debian.example'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('must be the URL of a Debian or Ubuntu mirror'),
    });
    const broken = await image(['build', 'debian-12', '--apt-mirror', 'http://127.0.0.1:9/debian']);
    expect(broken).toMatchObject({ status: 5, stderr: expect.stringMatching(/E: (Some index files failed|Failed to fetch)/) });
  });
});
