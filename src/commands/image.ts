import type { Context } from '../context.js';
import { loadTargets } from '../catalogue.js';
import { fail } from '../errors.js';
import type { ImagesDocument } from '../documents.js';
import { lastWords } from '../containers/engine.js';
import type { Images } from '../containers/images.js';
import { type EngineUse, openImages, wantedTargets } from './verify.js';
import type { KernelOptions } from '../kernels/resolve.js';

/** Lists the images that the program has made. */
export async function listImages(options: EngineUse, context: Context): Promise<ImagesDocument> {
  return listing(await openImages(options, context));
}

/** Makes the images of targets; `all` means those of the catalogue. */
export async function buildImages(wanted: string[], options: EngineUse & KernelOptions, context: Context): Promise<ImagesDocument> {
  if (wanted.length === 0 && options.kernelSource === undefined)
    fail({ code: 'usage', detail: 'the images of which kernels?', hint: 'name targets of mft-patch kernels, or all' });
  const targets = wanted.includes('all') ? await loadTargets() : await wantedTargets(wanted, options, context);
  const images = await openImages(options, context);
  const made: string[] = [];
  for (const target of targets) made.push((await images.ensure(target, context)).tag);
  const all = await listing(images);
  return { ...all, images: all.images.filter(({ image }) => made.includes(image)) };
}

/** Removes the images of targets, whatever they were made from; `all` means every image that the program has made. */
export async function removeImages(wanted: string[], options: EngineUse, context: Context): Promise<ImagesDocument> {
  const images = await openImages(options, context);
  const all = await listing(images);
  const isOf = (name: string, { target, image }: (typeof all.images)[number]) => name === 'all' || name === target || name === image;
  for (const name of wanted) {
    if (name !== 'all' && !all.images.some((image) => isOf(name, image)))
      fail({ code: 'usage', detail: `there is no image of '${name}'`, hint: 'mft-patch image ls lists them' });
  }
  const gone = all.images.filter((image) => wanted.some((name) => isOf(name, image)));
  for (const { image } of gone) {
    const removed = await images.engine.run(['image', 'rm', image]);
    if (removed.exitCode !== 0)
      fail({ code: 'engine-failed', detail: `${images.engine.name} cannot remove ${image}: ${lastWords(removed)}` });
  }
  return { ...all, images: gone };
}

async function listing({ engine }: Images): Promise<ImagesDocument> {
  const format = '{{.Repository}}:{{.Tag}}\t{{.Size}}';
  const list = await engine.run(['image', 'ls', '--filter', 'reference=*mft-patch/*', '--format', format]);
  if (list.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot list its images: ${lastWords(list)}` });
  const lines = list.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const images = await Promise.all(
    lines.sort().map(async (line) => {
      const [name = '', size = ''] = line.split('\t');
      const labels = '{{index .Config.Labels "mft-patch.target"}}\t{{index .Config.Labels "mft-patch.release"}}';
      const [target = '', release = ''] = (await engine.run(['image', 'inspect', '--format', labels, name])).stdout
        .toString()
        .trim()
        .split('\t');
      const known = (text: string) => (text === '<no value>' ? '' : text);
      return { image: name.replace(/^localhost\//, ''), target: known(target), release: known(release), size };
    }),
  );
  return { schema: 'mft-patch/image@1', engine: engine.name, images };
}
