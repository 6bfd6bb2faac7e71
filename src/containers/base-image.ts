import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { runProgram } from '../system/run-program.js';
import { type Engine, failWithLog, lastLines } from './engine.js';
import { removeReplaced } from './image-list.js';
import { baseTag, type ImageOptions } from './image-names.js';
import { ImageStage } from './image-stage.js';
import { type ImageFacts, inspect } from './inspect.js';

/** Where Ubuntu's and Debian's packages put the keys of Ubuntu's archive. */
const ubuntuKeyring = '/usr/share/keyrings/ubuntu-archive-keyring.gpg';

/**
 * What ./Dockerfile installs for each kernel: in a base that is made here it is there already, once for all kernels of a suite, and
 * whenever an image of them is made anew. A test compares both.
 */
export const toolchain = ['dkms', 'gcc', 'make', 'kmod', 'patch', 'perl'];

/** An image that a target's is made on. */
export interface Base {
  name: string;
  /** When its packages were taken from the archive, or when it was pulled, as ISO 8601 has it. */
  created: string;
}

/**
 * The target's base image: at hand, or pulled, or where no registry answers, or with --bootstrap, built by mmdebstrap from
 * the distribution's packages.
 *
 * @param isFit whether one that is at hand is new enough; another is replaced
 * @throws engine-failed
 */
export async function ensureBase(making: BaseMaking, isFit: (created: string) => boolean, context: Context): Promise<Base> {
  const { engine, target, options } = making;
  const [suite = ''] = target.suites;
  const tag = baseTag(suite, options);
  const whyMade = whyNotPulled(making);
  const pulled = whyMade !== undefined ? undefined : await inspect(engine, target.image, context);
  const built = await inspect(engine, tag, context);
  if (pulled && isFit(pulled.created)) return { name: target.image, created: pulled.created };
  // One that was built here is taken only where none can be pulled.
  if (built && isFit(built.created) && !pulled) return { name: tag, created: built.created };
  const created = new Date().toISOString();
  const replace = async (name: string, before: ImageFacts | undefined) => {
    if (before) await removeReplaced(engine, before.id, context);
    return { name, created };
  };
  const bootstrap = async (why: string) => replace(await new Bootstrap(making, created, context).run(tag, why), built);
  if (whyMade !== undefined) return bootstrap(whyMade);
  const pulling = { step: 'image' as const, of: target.name, text: `pulling ${target.image}` };
  context.progress(pulling);
  const pull = await engine.run(['pull', target.image], context, { onLine: (detail) => context.progress({ ...pulling, detail }) });
  if (pull.exitCode === 0) return replace(target.image, pulled);
  context.progress({ ...pulling, text: `cannot pull ${target.image}` });
  return bootstrap(`${engine.name} cannot pull ${target.image} (${lastLines(pull)})`);
}

/** What a base image is made with. */
export interface BaseMaking {
  engine: Engine;
  target: Target;
  options: ImageOptions;
}

/** Why a base is made here even where it could be pulled; undefined if it is pulled. */
function whyNotPulled({ engine, target, options }: BaseMaking): string | undefined {
  if (options.emulated !== undefined) return `${engine.name} keeps one ${target.image}, that of ${engine.emulatedOn}`;
  return options.bootstrap ? '--bootstrap' : undefined;
}

/** Builds a base image. Without a mirror argument mmdebstrap(1) takes the distribution's own. */
class Bootstrap {
  /** @param created when it is made */
  constructor(
    readonly making: BaseMaking,
    readonly created: string,
    readonly context: Context,
  ) {}

  /** @param why it is built, for errors @returns the tag */
  async run(tag: string, why: string): Promise<string> {
    this.#report();
    const directory = await mkdtemp(join(tmpdir(), 'mft-patch-'));
    try {
      await this.#import(await this.#build(join(directory, 'base.tar'), why), tag);
      return tag;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** @param detail the stage that it is at */
  #report(detail?: string): void {
    const { name, suites } = this.making.target;
    const text = `making the base image from suite ${suites[0]} with mmdebstrap`;
    this.context.progress({ step: 'image', of: name, text, ...(detail === undefined ? {} : { detail }) });
  }

  async #build(archive: string, why: string): Promise<string> {
    const { suites, checkValidUntil, image } = this.making.target;
    const [suite = ''] = suites;
    const { aptMirror, emulated } = this.making.options;
    const isUbuntu = image.startsWith('ubuntu');
    const args = [
      '--variant=minbase',
      // As in the images of the registry: a file that a power cut interrupts is in an image that is made again.
      '--dpkgopt=force-unsafe-io',
      // Ubuntu's minbase has no apt, and dkms is not in main in each of its releases.
      `--include=${[...(isUbuntu ? ['apt'] : []), ...toolchain].join()}`,
      ...(isUbuntu ? ['--components=main,universe', `--keyring=${ubuntuKeyring}`] : []),
      ...(emulated === undefined ? [] : [`--architectures=${emulated}`]),
      ...(checkValidUntil ? [] : ['--aptopt=Acquire::Check-Valid-Until "false"']),
      ...[suite, archive, ...(aptMirror === undefined ? [] : [aptMirror])],
    ];
    if (isUbuntu && !(await isReadable(ubuntuKeyring))) {
      const hint = 'apt install ubuntu-keyring (Ubuntu and Debian 13 have it), or give the engine access to a registry';
      fail({ code: 'engine-failed', detail: `${why}, and mmdebstrap needs ${ubuntuKeyring} for suite ${suite}: no such file`, hint });
    }
    const stage = new ImageStage();
    const built = await runProgram('mmdebstrap', args, { onLine: (line) => this.#report(stage.read(line)) }, this.context);
    if (built.exitCode === 127) {
      const hint = 'apt install mmdebstrap, or give the engine access to a registry';
      fail({ code: 'engine-failed', detail: `${why}, and mmdebstrap is not installed`, hint });
    }
    const what = `${why}, and mmdebstrap cannot build suite ${suite}`;
    if (built.exitCode !== 0) await failWithLog({ what, log: `mmdebstrap-${suite}` }, built, this.context);
    return archive;
  }

  async #import(archive: string, tag: string): Promise<void> {
    const { engine } = this.making;
    this.#report(`importing it into ${engine.name}`);
    const imported = await engine.run(['import', '--change', `LABEL mft-patch.created=${this.created}`, archive, tag], this.context);
    const detail = `${engine.name} cannot import ${tag}: ${lastLines(imported)}`;
    if (imported.exitCode !== 0) fail({ code: 'engine-failed', detail });
  }
}

function isReadable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
