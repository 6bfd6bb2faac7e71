import { stat } from 'node:fs/promises';
import type { Context } from '../context.js';
import { dataFile } from '../catalogue.js';
import { newEntry, writeTar } from '../deb/tar.js';
import { fail } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { runProgram } from '../system/run-program.js';
import { shortDigest } from './base-image.js';
import { walls, withContainer } from './container.js';
import { type Engine, lastWords } from './engine.js';
import { releaseOf } from './image.js';
import type { Image } from './images.js';
import { type Limits, limitOptions } from './limits.js';

/** What a tree is taken without: history, and objects of an earlier build, which modules are not built against. */
const left = ['--exclude-vcs', '--exclude=*.o', '--exclude=*.ko', '--exclude=*.a', '--exclude=vmlinux*', '--exclude=bzImage'];
/** GNU tar's words for an archive that depends on nothing but the tree's content. */
const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
/** How container/prepare-kernel.sh exits if the source is at fault (sysexits.h, EX_DATAERR). */
const unfit = 65;

/**
 * The image with a kernel prepared from its source, used then like installed headers. It is named by the content of the
 * source, the configuration, and what it is prepared with.
 *
 * @param toolsTag the name of the image with the tools, which need not be there if the result is
 * @param ensureTools makes that image
 * @param limits hold but for that of the disk: what the tree takes there is what the image takes, and to sum it up takes long
 * @throws source-unfit, no-input, download-failed, engine-failed
 */
export async function ensureKernel(
  engine: Engine,
  target: Target,
  toolsTag: string,
  ensureTools: () => Promise<Image>,
  limits: Limits,
  context: Context,
): Promise<Image> {
  const script = await dataFile('container/prepare-kernel.sh');
  const source = target.source ?? fail({ code: 'internal', detail: `${target.name} has no source` });
  const place = await source.open(context);
  const isFolder = await stat(place).then(
    (stats) => stats.isDirectory(),
    () => fail({ code: 'no-input', path: place, detail: 'there is no such file or folder', hint: 'check --kernel-source' }),
  );
  const digest = await digestOf(place, isFolder, context);
  const tag = `mft-patch/kernel:${shortDigest(JSON.stringify([toolsTag, script, digest, source.config]))}`;
  const release = await releaseOf(engine, tag);
  if (release !== undefined) return { tag, release };
  const { tag: tools } = await ensureTools();
  const text = `preparing the kernel of ${place}`;
  context.progress({ step: 'image', text });
  return withContainer(engine, context, async (container) => {
    const step = async (args: string[], input?: Buffer) => {
      const result = await engine.run(args, {
        ...(input === undefined ? {} : { input }),
        onLine: (detail) => context.progress({ step: 'image', text, detail }),
      });
      if (result.exitCode === unfit) {
        const detail = lastLine(result.stderr);
        const hint = detail.includes('CONFIG_') ? { hint: 'give another configuration with --kernel-config' } : {};
        fail({ code: 'source-unfit', path: place, detail, ...hint });
      }
      if (result.exitCode !== 0)
        fail({ code: 'engine-failed', detail: `${engine.name} cannot prepare the kernel of ${place}: ${lastWords(result)}` });
      return result.stdout.toString();
    };
    await step(['create', '--name', container, ...walls, ...limitOptions(limits), tools, 'bash', '/prepare/prepare-kernel.sh']);
    const config = source.config === undefined ? [] : [newEntry('prepare/config', 'file', 0o644, 0, Buffer.from(source.config))];
    const files = [newEntry('prepare/prepare-kernel.sh', 'file', 0o755, 0, Buffer.from(script)), ...config];
    await step(['cp', '-', `${container}:/`], writeTar(files));
    if (isFolder) await copyTree(engine, place, container, context);
    else await step(['cp', place, `${container}:/prepare/archive`]);
    const report = await step(['start', '--attach', container]);
    const release = /^release=(\S+)$/m.exec(report)?.[1] ?? fail({ code: 'engine-failed', detail: `${place}: make tells no release` });
    const labels = [`LABEL mft-patch.target=${target.name} mft-patch.release=${release}`];
    // Without the symbols of a built kernel modpost can only warn of those that it does not know.
    if (/^symbols=no$/m.test(report)) labels.push('ENV KBUILD_MODPOST_WARN=1');
    await step(['commit', ...labels.flatMap((change) => ['--change', change]), container, tag]);
    await engine.run(['rm', '--force', container]);
    return { tag, release };
  });
}

async function digestOf(place: string, isFolder: boolean, context: Context): Promise<string> {
  const script = isFolder ? 'place=$1; shift; tar -C "$place" "$@" -cf - . | sha256sum' : 'sha256sum < "$1"';
  const args = isFolder ? [place, ...left, ...reproducible] : [place];
  const { exitCode, stdout, stderr } = await runProgram('bash', ['-o', 'pipefail', '-c', script, 'bash', ...args], {}, context);
  if (exitCode !== 0) fail({ code: 'no-input', path: place, detail: lastLine(stderr), hint: 'it must be readable as a whole' });
  return stdout.toString().slice(0, 64);
}

/** The engine's own copy takes a tree with its history and objects; tar leaves them out. */
async function copyTree(engine: Engine, place: string, container: string, context: Context): Promise<void> {
  const script =
    'place=$1 engine=$2 to=$3; shift 3; tar -C "$place" --transform "s,^\\.,usr/src/linux," "$@" -cf - . | "$engine" cp - "$to"';
  const args = [place, engine.name, `${container}:/`, ...left];
  const copy = await runProgram('bash', ['-o', 'pipefail', '-c', script, 'bash', ...args], {}, context);
  if (copy.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot take in ${place}: ${lastWords(copy)}` });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
