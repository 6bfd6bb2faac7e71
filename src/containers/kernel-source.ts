import { stat } from 'node:fs/promises';
import type { Context } from '../context.js';
import { fileEntry, writeTar } from '../deb/tar.js';
import { fail, failInput } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { projectText } from '../project-files.js';
import { shortDigest } from '../system/digest.js';
import { runProgram } from '../system/run-program.js';
import { sandboxArgs, withContainer } from './container.js';
import { type Engine, failWithLog, lastLine, lastLines } from './engine.js';
import { findImage, formOf, type Image } from './image.js';
import { removeReplaced } from './image-list.js';

import { type Limits, limitOptions } from './limits.js';

/** What is left out of a tree: history, and objects of an earlier build, which modules are not built against. */
const tarExcludes = ['--exclude-vcs', '--exclude=*.o', '--exclude=*.ko', '--exclude=*.a', '--exclude=vmlinux*', '--exclude=bzImage'];
/** GNU tar's options for an archive that depends on nothing but the tree's content. */
const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
/** The exit status of container/prepare-kernel.sh if the source is at fault (sysexits.h, EX_DATAERR). */
const unfit = 65;

/** What prepares it, in `container/`. */
const scriptNames = ['prepare-kernel.sh', 'exported-symbols.pl'];

/** Prepares the kernel of a target from its source, in an image used then like installed headers. */
export class KernelBuild {
  /** @param limits hold but for that of the disk: the tree takes there what the image takes, and to sum it up takes long */
  constructor(
    readonly engine: Engine,
    readonly target: Target,
    readonly limits: Limits & { refresh?: boolean },
    readonly context: Context,
  ) {}

  /**
   * The image, named by the content of the source, the configuration, and what it is prepared with.
   *
   * @param toolsTag the name of the image with the tools, which is needed only where the result is missing
   * @param ensureTools builds that image
   * @throws source-unfit, no-input, download-failed, engine-failed
   */
  async ensure(toolsTag: string, ensureTools: () => Promise<Image>): Promise<Image> {
    const scripts = await Promise.all(scriptNames.map((name) => projectText(`container/${name}`)));
    const source = this.target.source ?? fail({ code: 'internal', detail: `${this.target.name} has no source` });
    const place = await source.open(this.context);
    const isDirectory = await stat(place).then(
      (stats) => stats.isDirectory(),
      (error) => failInput(place, error, 'check --kernel-source'),
    );
    const digest = await digestOf(place, isDirectory, this.context);
    const tag = `mft-patch/kernel:${shortDigest(JSON.stringify([toolsTag, ...scripts, digest, source.config]))}`;
    const image = await findImage(this.engine, tag, this.context);
    if (image !== undefined && !this.limits.refresh) return image;
    const { tag: tools, created } = await ensureTools();
    this.context.progress({ step: 'image', text: this.#text(place) });
    const made = await withContainer(this.engine, this.context, (container) =>
      this.#prepare({ container, tools, created, tag, scripts, place, isDirectory }),
    );
    if (image) await removeReplaced(this.engine, image.id, this.context);
    return made;
  }

  async #prepare({ container, tools, created, tag, scripts, place, isDirectory }: Preparation): Promise<Image> {
    const step = (args: string[], input?: Buffer) => this.#step(place, args, input);
    await step(['create', '--name', container, ...sandboxArgs, ...limitOptions(this.limits), tools, 'bash', '/prepare/prepare-kernel.sh']);
    const config = this.target.source?.config;
    const files = [
      ...scriptNames.map((name, index) => fileEntry(`prepare/${name}`, Buffer.from(scripts[index] ?? ''))),
      ...(config === undefined ? [] : [fileEntry('prepare/config', Buffer.from(config))]),
    ];
    await step(['cp', '-', `${container}:/`], writeTar(files));
    if (isDirectory) await copyTree(this.engine, place, container, this.context);
    else await step(['cp', place, `${container}:/prepare/archive`]);
    const report = await step(['start', '--attach', container]);
    const detail = `${place}: make kernelrelease printed nothing`;
    const release = /^release=(\S+)$/m.exec(report)?.[1] ?? fail({ code: 'engine-failed', detail });
    const labels = [`LABEL mft-patch.target=${this.target.name} mft-patch.release=${release} mft-patch.created=${created}`];
    // Headers alone do not say what the kernel exports: modpost can only warn then, and the verdict says so.
    if (/^symbols=no$/m.test(report)) labels.push('ENV KBUILD_MODPOST_WARN=1');
    await step(['commit', ...formOf(this.engine), ...labels.flatMap((change) => ['--change', change]), container, tag]);
    await this.engine.run(['rm', '--force', container], this.context);
    const made = await findImage(this.engine, tag, this.context);
    return made ?? fail({ code: 'engine-failed', detail: `${this.engine.name} has lost ${tag}` });
  }

  /** Runs the engine. @returns its stdout @throws source-unfit, engine-failed */
  async #step(place: string, args: string[], input?: Buffer): Promise<string> {
    const result = await this.engine.run(args, this.context, {
      ...(input === undefined ? {} : { input }),
      onLine: (detail) => this.context.progress({ step: 'image', text: this.#text(place), detail }),
    });
    if (result.exitCode === unfit) {
      const detail = lastLine(result.stderr);
      const hint = detail.includes('CONFIG_') ? { hint: 'pass another configuration with --kernel-config' } : {};
      fail({ code: 'source-unfit', path: place, detail, ...hint });
    }
    const failed = { what: `${this.engine.name} cannot prepare the kernel of ${place}`, log: `kernel-${this.target.name}` };
    if (result.exitCode !== 0) await failWithLog(failed, result, this.context);
    return result.stdout.toString();
  }

  #text(place: string): string {
    return `preparing the kernel of ${place}`;
  }
}

interface Preparation {
  container: string;
  /** The images with the tools, and with the kernel. */
  tools: string;
  /** When the tools' packages were taken from the archive. */
  created: string;
  tag: string;
  /** The texts of `scriptNames`. */
  scripts: string[];
  /** The source: a directory or an archive. */
  place: string;
  isDirectory: boolean;
}

async function digestOf(place: string, isDirectory: boolean, context: Context): Promise<string> {
  const script = isDirectory ? 'place=$1; shift; tar -C "$place" "$@" -cf - . | sha256sum' : 'sha256sum < "$1"';
  const args = isDirectory ? [place, ...tarExcludes, ...reproducible] : [place];
  const { exitCode, stdout, stderr } = await runProgram('bash', ['-o', 'pipefail', '-c', script, 'bash', ...args], {}, context);
  if (exitCode !== 0) fail({ code: 'no-input', path: place, detail: lastLine(stderr), hint: 'make all of it readable' });
  return stdout.toString().slice(0, 64);
}

/** The engine's own copy takes a tree with its history and objects; tar leaves them out. */
async function copyTree(engine: Engine, place: string, container: string, context: Context): Promise<void> {
  const script =
    'place=$1 engine=$2 to=$3; shift 3; tar -C "$place" --transform "s,^\\.,usr/src/linux," "$@" -cf - . | "$engine" cp - "$to"';
  const args = [place, engine.name, `${container}:/`, ...tarExcludes];
  const copy = await runProgram('bash', ['-o', 'pipefail', '-c', script, 'bash', ...args], {}, context);
  if (copy.exitCode !== 0)
    fail({ code: 'engine-failed', detail: `${engine.name} cannot copy ${place} into the container: ${lastLines(copy)}` });
}
