import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { shortDigest } from '../system/digest.js';
import { runProgram } from '../system/run-program.js';
import { type Engine, failWithLog, lastLines } from './engine.js';
import { inspect } from './inspect.js';

/** How images are made; part of what they are named by. */
export interface ImageOptions {
  /** Build base images with mmdebstrap even where they could be pulled. */
  bootstrap?: boolean;
  /** The mirror to take packages from, instead of the distribution's. */
  aptMirror?: string;
}

/**
 * The target's base image: at hand, or pulled, or where no registry answers, or with --bootstrap, built by mmdebstrap from
 * the distribution's packages.
 *
 * @returns its name
 * @throws engine-failed
 */
export async function ensureBase(engine: Engine, target: Target, options: ImageOptions, context: Context): Promise<string> {
  if (!options.bootstrap && (await inspect(engine, target.image, context)) !== undefined) return target.image;
  const [suite = ''] = target.suites;
  const tag = `mft-patch/base:${suite}${options.aptMirror === undefined ? '' : `-${shortDigest(options.aptMirror)}`}`;
  if ((await inspect(engine, tag, context)) !== undefined) return tag;
  const bootstrap = (why: string) => new Bootstrap(engine, target, options, context).run(tag, why);
  if (options.bootstrap) return bootstrap('--bootstrap');
  context.progress({ step: 'image', text: `pulling ${target.image}` });
  const pull = await engine.run(['pull', target.image], context);
  if (pull.exitCode === 0) return target.image;
  context.progress({ step: 'image', text: `cannot pull ${target.image}; building it from suite ${suite} with mmdebstrap` });
  return bootstrap(`${engine.name} cannot pull ${target.image} (${lastLines(pull)})`);
}

/** Builds a base image. Without a mirror argument mmdebstrap(1) takes the distribution's own. */
class Bootstrap {
  constructor(
    readonly engine: Engine,
    readonly target: Target,
    readonly options: ImageOptions,
    readonly context: Context,
  ) {}

  /** @param why it is built, for errors @returns the tag */
  async run(tag: string, why: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'mft-patch-'));
    try {
      await this.#import(await this.#build(join(directory, 'base.tar'), why), tag);
      return tag;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #build(archive: string, why: string): Promise<string> {
    const { suites, checkValidUntil } = this.target;
    const [suite = ''] = suites;
    const { aptMirror } = this.options;
    const lenient = checkValidUntil ? [] : ['--aptopt=Acquire::Check-Valid-Until "false"'];
    const args = ['--variant=minbase', ...lenient, suite, archive, ...(aptMirror === undefined ? [] : [aptMirror])];
    const built = await runProgram('mmdebstrap', args, {}, this.context);
    if (built.exitCode === 127) {
      const hint = 'apt install mmdebstrap, or give the engine access to a registry';
      fail({ code: 'engine-failed', detail: `${why}, and mmdebstrap is not installed`, hint });
    }
    const what = `${why}, and mmdebstrap cannot build suite ${suite}`;
    if (built.exitCode !== 0) await failWithLog({ what, log: `mmdebstrap-${suite}` }, built, this.context);
    return archive;
  }

  async #import(archive: string, tag: string): Promise<void> {
    const imported = await this.engine.run(['import', archive, tag], this.context);
    const detail = `${this.engine.name} cannot import ${tag}: ${lastLines(imported)}`;
    if (imported.exitCode !== 0) fail({ code: 'engine-failed', detail });
  }
}
