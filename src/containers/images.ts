import type { Context } from '../context.js';
import { dataFile } from '../catalogue.js';
import { MftPatchError } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { ensureBase, type ImageOptions, shortDigest } from './base-image.js';
import type { Engine } from './engine.js';
import { buildImage, label, refuseOffline, releaseInside, releaseOf } from './image.js';
import type { Limits } from './limits.js';
import { withinTime } from './timeout.js';

/** How the engine is used. */
export interface EngineOptions extends ImageOptions, Limits {
  /** How long the making of an image, and then an installation in it, may take; seconds. */
  timeout: number;
}

/** An image that holds dkms and one kernel's headers. */
export interface Image {
  tag: string;
  /** The kernel's release, as `uname -r` prints it. */
  release: string;
}

/** What makes modules_prepare work, in the place of a headers package. */
const kernelTools = 'bc bison flex libelf-dev libssl-dev xz-utils zstd bzip2 rsync python3';

/** The images of targets: found by the digest of what they are made from, or made. */
export class Images {
  /** What is being made, by its name: two cells that want the same image wait for one build. */
  readonly #making = new Map<string, Promise<unknown>>();

  constructor(
    readonly engine: Engine,
    readonly options: EngineOptions,
  ) {}

  /**
   * The target's image; it is made unless it is there.
   * @throws engine-failed with the last words of what went wrong; source-unfit, download-failed for a kernel's source
   */
  async ensure(target: Target, context: Context): Promise<Image> {
    return withinTime(this.options.timeout, `making the image of ${target.name}`, context, (limited) =>
      this.#ensureTarget(target, limited),
    );
  }

  async #ensureTarget(target: Target, context: Context): Promise<Image> {
    if (target.source === undefined) return this.#ensure(target, target.headers, context);
    const { ensureKernel } = await import('./kernel-source.js');
    // Named by what it is, not by the tree: trees of the same content share a kernel, and all share the tools.
    const tools = { ...target, name: 'kernel-tools', headers: '' };
    const base = () => this.#ensure(tools, kernelTools, context);
    return ensureKernel(this.engine, target, this.#tag(tools, kernelTools, await dataFile('Dockerfile')), base, this.options, context);
  }

  /**
   * The image that boots the kernel of a target's image: apart from that, so that it adds nothing to it.
   * @returns its tag
   * @throws engine-failed
   */
  async ensureBoot(image: Image, target: Target, context: Context): Promise<string> {
    const dockerfile = await dataFile('container/Dockerfile.boot');
    const name = `${target.name}-boot`;
    const tag = `mft-patch/${name}:${shortDigest(JSON.stringify([dockerfile, image.tag]))}`;
    if ((await releaseOf(this.engine, tag)) !== undefined) return tag;
    if (context.offline) refuseOffline(this.engine, name, tag);
    const args = { BASE_IMAGE: image.tag, RELEASE: image.release };
    return this.#once(tag, context, () =>
      withinTime(this.options.timeout, `making the image of ${name}`, context, async (limited) => {
        await buildImage(this.engine, tag, name, dockerfile, args, limited);
        await label(this.engine, tag, name, image.release);
        return tag;
      }),
    );
  }

  async #ensure(target: Target, packages: string, context: Context): Promise<Image> {
    const dockerfile = await dataFile('Dockerfile');
    const tag = this.#tag(target, packages, dockerfile);
    const release = await releaseOf(this.engine, tag);
    if (release !== undefined) return { tag, release };
    if (context.offline) refuseOffline(this.engine, target.name, tag);
    return this.#once(tag, context, () => this.#make(target, packages, dockerfile, tag, context));
  }

  async #make(target: Target, packages: string, dockerfile: string, tag: string, context: Context): Promise<Image> {
    const base = await this.#once(`base:${target.suites[0]}`, context, () => ensureBase(this.engine, target, this.options, context));
    const args = { BASE_IMAGE: base, ...buildArgs(target, packages, this.options) };
    await buildImage(this.engine, tag, target.name, dockerfile, args, context);
    const release = await releaseInside(this.engine, tag, target.name);
    await label(this.engine, tag, target.name, release);
    return { tag, release };
  }

  /** An image's name changes with whatever it is made from, and so an image is never stale. */
  #tag(target: Target, packages: string, dockerfile: string): string {
    const inputs = [dockerfile, target.image, this.options.bootstrap ?? false, buildArgs(target, packages, this.options)];
    return `mft-patch/${target.name}:${shortDigest(JSON.stringify(inputs))}`;
  }

  /** Does the work, or waits for it where another cell does it. If that cell's time runs out, the next one does it. */
  async #once<T>(key: string, context: Context, work: () => Promise<T>): Promise<T> {
    for (let running = this.#making.get(key); running !== undefined; running = this.#making.get(key)) {
      try {
        return (await running) as T;
      } catch (error) {
        if (error instanceof MftPatchError) throw error;
        context.signal.throwIfAborted();
      }
    }
    const own = work().finally(() => this.#making.delete(key));
    this.#making.set(key, own);
    return own;
  }
}

function buildArgs(target: Target, packages: string, { aptMirror }: ImageOptions) {
  return {
    SUITES: target.suites.join(' '),
    MIRROR: aptMirror ?? '',
    SNAPSHOT: target.snapshot,
    CHECK_VALID_UNTIL: target.checkValidUntil ? 'yes' : 'no',
    PACKAGES: packages,
  };
}
