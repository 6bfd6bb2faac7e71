import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { runProgram } from '../system/run-program.js';
import { type Engine, lastWords } from './engine.js';

/** How images are made; part of what they are named by. */
export interface ImageOptions {
  /** Make base images by mmdebstrap even where they could be pulled. */
  bootstrap?: boolean;
  /** The archive to take packages from, instead of the distribution's. */
  aptMirror?: string;
}

/** Twelve hex digits that stand for the text. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Whether the engine has an image of this name. */
export async function isPresent(engine: Engine, name: string): Promise<boolean> {
  return (await engine.run(['image', 'inspect', '--format', '{{.Id}}', name])).exitCode === 0;
}

/**
 * The target's base image: at hand, or pulled, or where no registry answers, or with --bootstrap, made by mmdebstrap from
 * the distribution's packages.
 *
 * @returns its name
 * @throws engine-failed
 */
export async function ensureBase(engine: Engine, target: Target, options: ImageOptions, context: Context): Promise<string> {
  if (!options.bootstrap && (await isPresent(engine, target.image))) return target.image;
  const [suite = ''] = target.suites;
  const made = `mft-patch/base:${suite}${options.aptMirror === undefined ? '' : `-${shortDigest(options.aptMirror)}`}`;
  if (await isPresent(engine, made)) return made;
  if (options.bootstrap) {
    await bootstrap(engine, target, made, options, '--bootstrap', context);
    return made;
  }
  context.progress({ step: 'image', text: `pulling ${target.image}` });
  const pull = await engine.run(['pull', target.image]);
  if (pull.exitCode === 0) return target.image;
  context.progress({ step: 'image', text: `${target.image} cannot be pulled; making it from suite ${suite} with mmdebstrap` });
  await bootstrap(engine, target, made, options, `${engine.name} cannot pull ${target.image} (${lastWords(pull)})`, context);
  return made;
}

/** Makes a base image. Without a mirror argument mmdebstrap(1) takes the distribution's own. */
async function bootstrap(
  engine: Engine,
  target: Target,
  tag: string,
  { aptMirror }: ImageOptions,
  why: string,
  context: Context,
): Promise<void> {
  const [suite = ''] = target.suites;
  const folder = await mkdtemp(join(tmpdir(), 'mft-patch-'));
  const archive = join(folder, 'base.tar');
  try {
    const lenient = target.checkValidUntil ? [] : ['--aptopt=Acquire::Check-Valid-Until "false"'];
    const args = ['--variant=minbase', ...lenient, suite, archive, ...(aptMirror === undefined ? [] : [aptMirror])];
    const made = await runProgram('mmdebstrap', args, {}, context);
    if (made.exitCode === 127) {
      fail({
        code: 'engine-failed',
        detail: `${why}, and mmdebstrap, which makes such an image, is not installed`,
        hint: 'apt install mmdebstrap, or give the engine access to a registry',
      });
    }
    if (made.exitCode !== 0)
      fail({ code: 'engine-failed', detail: `${why}, and mmdebstrap cannot make suite ${suite}: ${lastWords(made)}` });
    const imported = await engine.run(['import', archive, tag]);
    if (imported.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot import ${tag}: ${lastWords(imported)}` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
