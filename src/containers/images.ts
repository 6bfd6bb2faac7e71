import type { Context } from '../context.js';
import { MftPatchError } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { projectText } from '../project-files.js';
import { ageOf, ageText, refreshCommand, usualAgeLimit } from './age.js';
import { engineFor, refuseOtherArch } from './arch.js';
import { keyedArchives } from './archive-keys.js';
import { type Base, ensureBase } from './base-image.js';
import { type Engine, type EngineSettings, findEngine } from './engine.js';
import { buildImage, findImage, findImages, type Image, label, makeImage, refuseOffline } from './image.js';
import { bootTag, buildArgs, contentOf, type ImageContent, type ImageOptions, imageTag } from './image-names.js';
import type { Limits } from './limits.js';
import { withTimeout } from './timeout.js';

/** Which engine is used, and how. */
export interface ContainerSettings extends EngineSettings, ImageOptions, Limits {
  /** Make images and their bases anew, even where they are at hand. */
  refresh?: boolean;
  /** Make an image of a rolling suite anew that is older, in seconds; 0: never. Without it such an image brings a warning. */
  maxImageAge?: number;
  /** The architecture that is tested, as Debian names it; undefined for that of what is tested, else the engine's own. */
  arch?: string;
}

/** The engine that answers, with its images. @param arches as `imagesFor` takes them @throws no-engine, engine-failed */
export async function openImages(
  settings: ContainerSettings,
  context: Context,
  arches: readonly (string | undefined)[] = [],
): Promise<Images> {
  return imagesFor(await findEngine(settings, context), settings, arches, context);
}

/**
 * An engine with its images, of the architecture that is wanted.
 *
 * @param arches those of what is tested; undefined for what is of any. Where they are several, it is the engine's own: what is
 *   of another one is refused when its turn comes
 * @throws engine-failed if --arch names one that cannot be had
 */
export async function imagesFor(
  engine: Engine,
  settings: ContainerSettings,
  arches: readonly (string | undefined)[],
  context: Context,
): Promise<Images> {
  const [only, ...others] = new Set(arches.filter((arch) => arch !== undefined));
  const wanted = settings.arch ?? (others.length === 0 ? only : undefined);
  const used = await engineFor(engine, wanted, context);
  if (settings.arch !== undefined) refuseOtherArch(used, { what: `--arch ${settings.arch}`, arch: settings.arch });
  return new Images(used, used.emulatedOn === undefined ? settings : { ...settings, emulated: used.arch });
}

/** The images of targets: found by the digest of what they are made from, or made. */
export class Images {
  /** What is being made, by its name: two cells that want the same image wait for one build. */
  readonly #making = new Map<string, Promise<unknown>>();
  /** What was made in this run, or was said to be old. */
  readonly #fresh = new Set<string>();
  /** What was found at once, until it is asked for. */
  readonly #found = new Map<string, Image>();

  constructor(
    readonly engine: Engine,
    readonly settings: ContainerSettings,
  ) {}

  /**
   * The target's image; it is made unless it is there.
   * @throws engine-failed with the end of the output of what failed; source-unfit, download-failed for a kernel's source
   */
  async ensure(target: Target, context: Context): Promise<Image> {
    const { wanted } = target;
    if (wanted) refuseOtherArch(this.engine, { what: `kernel ${wanted.release}`, arch: wanted.arch });
    return withTimeout(this.settings.timeout, `building the image of ${target.name}`, context, (limited) =>
      this.#ensureTarget(target, limited),
    );
  }

  /** Looks for the images of many targets in one call of the engine: `ensure` then needs none for what is there. */
  async lookFor(targets: readonly Target[], context: Context): Promise<void> {
    const packaged = targets.filter(({ source, prepared }) => source === undefined && prepared === undefined);
    const tags = (await Promise.all(packaged.map(contentOf))).map((content) => imageTag(content, this.settings));
    if (tags.length < 2) return;
    // What an engine cannot say is asked again for each target, and is that target's failure.
    const found = await findImages(this.engine, tags, context).catch((error) => {
      if (error instanceof MftPatchError) return new Map<string, Image>();
      throw error;
    });
    for (const [tag, image] of found) this.#found.set(tag, image);
  }

  async #ensureTarget(target: Target, context: Context): Promise<Image> {
    const content = await contentOf(target);
    const [tag, base] = [imageTag(content, this.settings), () => this.#ensure(content, context)];
    if (target.prepared !== undefined) {
      const { HeadersImage } = await import('./prepared-headers.js');
      return new HeadersImage(this.engine, target, this.settings, context).ensure(tag, base);
    }
    if (target.source === undefined) return base();
    const { KernelBuild } = await import('./kernel-source.js');
    return new KernelBuild(this.engine, target, this.settings, context).ensure(tag, base);
  }

  /**
   * The image that boots the kernel of a target's image: apart from that, so that it adds nothing to it. It is made anew when
   * that was: the same name may mean another kernel then.
   * @returns its tag
   * @throws engine-failed
   */
  async ensureBoot(image: Image, target: Target, context: Context): Promise<string> {
    const dockerfile = await projectText('container/Dockerfile.boot');
    const name = `${target.name}-boot`;
    const tag = bootTag(target.name, image, dockerfile);
    if ((await findImage(this.engine, tag, context)) !== undefined) return tag;
    if (context.offline) refuseOffline(name, tag);
    // QEMU itself is not emulated.
    const args = { BASE_IMAGE: image.tag, RELEASE: image.release, EMULATOR_ARCH: this.engine.emulatedOn ?? '' };
    return this.#once(tag, context, () =>
      withTimeout(this.settings.timeout, `building the image of ${name}`, context, async (limited) => {
        await buildImage(this.engine, { tag, name, dockerfile, args }, limited);
        await label(this.engine, { tag, target: name, release: image.release, created: image.created }, limited);
        return tag;
      }),
    );
  }

  async #ensure(content: ImageContent, context: Context): Promise<Image> {
    const { target, dockerfile } = content;
    const tag = imageTag(content, this.settings);
    const found = this.#found.get(tag) ?? (await findImage(this.engine, tag, context));
    this.#found.delete(tag);
    if (found !== undefined && (context.offline || this.#isFit(tag, target, found.created))) {
      this.#warnOfAge(found, target, context);
      return found;
    }
    if (context.offline) refuseOffline(target.name, tag);
    return this.#once(tag, context, async () => {
      // Before anything is made: a key that is not the right one ends it.
      const keyed = target.archives?.length ? { ARCHIVES: await keyedArchives(target, context) } : {};
      const { name, created } = await this.#ensureBase(target, context);
      const args = { BASE_IMAGE: name, ...buildArgs(content, this.settings), ...keyed };
      const made = await makeImage(this.engine, { tag, name: target.name, dockerfile, args, created: older(created) }, context);
      this.#fresh.add(tag);
      return made;
    });
  }

  /** Two cells that want the same base wait for one. */
  #ensureBase(target: Target, context: Context): Promise<Base> {
    const key = `base:${target.suites[0]}`;
    return this.#once(key, context, async () => {
      const making = { engine: this.engine, target, options: this.settings };
      const limit = { ...this.settings, maxImageAge: this.settings.maxImageAge ?? usualAgeLimit };
      const base = await ensureBase(making, (created) => this.#isFit(key, target, created, limit), context);
      this.#fresh.add(key);
      return base;
    });
  }

  /** Whether what is at hand need not be made anew: it was in this run, or it is not to be refreshed and not too old. */
  #isFit(key: string, { rolling }: Target, created: string, { refresh, maxImageAge = 0 } = this.settings): boolean {
    if (this.#fresh.has(key)) return true;
    const isOld = rolling && maxImageAge > 0 && (ageOf(created) ?? 0) > maxImageAge;
    return !refresh && !isOld;
  }

  /** Says so, once, where an image of a rolling suite is used that is old. */
  #warnOfAge({ tag, created }: Image, target: Target, context: Context): void {
    const { maxImageAge = usualAgeLimit } = this.settings;
    const age = ageOf(created) ?? 0;
    if (!target.rolling || maxImageAge === 0 || age <= maxImageAge || this.#fresh.has(tag)) return;
    this.#fresh.add(tag);
    const offline = context.offline ? ', and --offline is set' : '';
    context.warn(`the image of ${target.name} is ${ageText(age)} old${offline}; run ${refreshCommand(target, this.settings)}`);
  }

  /** Does the work, or waits for it where another cell does it. If that cell's time runs out, the next one does it. */
  async #once<T>(key: string, context: Context, work: () => Promise<T>): Promise<T> {
    for (let running = this.#making.get(key); running !== undefined; running = this.#making.get(key)) {
      context.progress({ step: 'wait', text: 'waiting for an image that another kernel makes' });
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

/** The older of a date and now. */
function older(created: string): string {
  const now = new Date().toISOString();
  return created === '' || created > now ? now : created;
}
