/** Images that replace others, with real engines: nothing without a name stays, and what a person has named does. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { removeImages } from '../../src/commands/image/index.js';
import { findEngine } from '../../src/containers/engine.js';
import { type Image, makeImage } from '../../src/containers/image.js';
import { inspect } from '../../src/containers/inspect.js';
import { makeDirectory, missing, sh, testContext } from '../support.js';

const folder = makeDirectory();
/** Of this run alone: the engine is shared. */
const name = `test-${process.pid}`;
const [tag, bootTag, kept, base] = [`mft-patch/${name}:1`, `mft-patch/${name}-boot:1`, `${name}-kept:1`, `${name}-base:1`];

describe.each(['docker', 'podman'] as const)('with %s', (which) => {
  const reason = missing(which);
  describe.skipIf(reason !== '')(reason || 'it is there', () => {
    const env = { ...process.env, CONTAINERS_CONF: join(inject('folder'), 'containers.conf') };
    const context = testContext({ offline: false, env });
    const settings = { engine: which, timeout: 600 };
    const nameless = () => sh(`${which} images --no-trunc --filter dangling=true --format '{{.ID}}'`, { env });
    let count = 0;
    /** Quickly made: a layer with one file. */
    async function make(image: string, from: string): Promise<Image> {
      const dockerfile = `FROM ${from}\nCOPY --from=${from} /etc/hostname /file-${count++}\n`;
      const details = { name: image.replace(/^mft-patch\/|:1$/g, ''), args: {}, created: '2026-11-01T00:00:00.000Z', release: '1.2.3' };
      return makeImage(await findEngine(settings, context), { tag: image, dockerfile, ...details }, context);
    }
    beforeAll(() => sh(`tar -c -C / etc/hostname | ${which} import - ${base}`, { env }));
    afterAll(() => sh(`${which} image rm --force ${tag} ${bootTag} ${kept} ${base} > ${folder}/log 2>&1 || true`, { env }));

    test('one that is made again takes the old one and its boot image away', async () => {
      const engine = await findEngine(settings, context);
      const exists = async (image: string) => (await inspect(engine, image, context)) !== undefined;
      const first = await make(tag, base);
      expect(first).toMatchObject({
        tag,
        release: '1.2.3',
        created: '2026-11-01T00:00:00.000Z',
        id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      });
      const boot = await make(bootTag, tag);
      expect(await Promise.all([exists(tag), exists(bootTag)])).toEqual([true, true]);
      const second = await make(tag, base);
      expect(second.id).not.toBe(first.id);
      expect(await Promise.all([first.id, bootTag, boot.id].map(exists))).toEqual([false, false, false]);
      expect(nameless()).not.toContain(first.id);

      // A name of the user's keeps an image.
      sh(`${which} tag ${tag} ${kept}`, { env });
      await make(tag, base);
      expect(await exists(kept)).toBe(true);
    });

    test('one that is removed takes its boot image along', async () => {
      await make(bootTag, tag);
      const { images } = await removeImages([tag], settings, context);
      expect(images.map(({ image }) => image).sort()).toEqual([bootTag, tag].sort());
    });
  });
});
