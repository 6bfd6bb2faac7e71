import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { hasImage } from './base-image.js';
import { type Engine, failWithLog, lastLines } from './engine.js';

/** An image that holds dkms and one kernel's headers. */
export interface Image {
  tag: string;
  /** The kernel's release, as `uname -r` prints it. */
  release: string;
}

/** An image to be built from a Dockerfile without a context. */
export interface ImageBuild {
  tag: string;
  /** Whose image it is, for people. */
  name: string;
  dockerfile: string;
  args: Record<string, string>;
}

/** Builds an image. @throws engine-failed with the end of the output, and the log in which all of it is */
export async function buildImage(engine: Engine, { tag, name, dockerfile, args }: ImageBuild, context: Context): Promise<void> {
  const text = `building the image of ${name}`;
  context.progress({ step: 'image', text });
  const options = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  const onLine = (detail: string) => context.progress({ step: 'image', text, detail });
  const build = await engine.run(['build', '--force-rm', '--tag', tag, ...options, '-'], { input: Buffer.from(dockerfile), onLine });
  if (build.exitCode === 0) return;
  // A kernel of one's own, or one that the archive has replaced by a newer.
  const isUnknown = lastLines(build).includes('E: Unable to locate package linux-headers-');
  const hint = isUnknown ? { hint: "apt has no headers of this kernel: pass the kernel's own tree with --kernel-source" } : {};
  await failWithLog({ what: `${engine.name} cannot build the image of ${name}`, log: `image-${name}`, ...hint }, build, context);
}

/** The one kernel's release that an image of ours was made with; `none` if it has none. @throws engine-failed if it has several */
export async function releaseInside(engine: Engine, tag: string, name: string): Promise<string> {
  const ask = 'cat /etc/mft-patch-release || echo none';
  const { stdout } = await engine.run(['run', '--rm', '--network', 'none', tag, 'sh', '-c', ask]);
  const release = stdout.toString().trim();
  if (release !== '' && !release.includes('\n')) return release;
  return fail({
    code: 'engine-failed',
    detail: `the image of ${name} should contain exactly one kernel, found: ${release.split('\n').join(', ') || 'none'}`,
  });
}

/** @throws engine-failed, and how to bring the image */
export function refuseOffline(engine: Engine, name: string, tag: string): never {
  return fail({
    code: 'engine-failed',
    detail: `the image of ${name} is missing and --offline is set`,
    hint: `build it online once, then transfer it with ${engine.name} save and load: ${tag}`,
  });
}

/** The kernel's release in an image of ours, or undefined if there is no such image or it was not finished. */
export async function releaseOf(engine: Engine, tag: string): Promise<string | undefined> {
  const { exitCode, stdout } = await engine.run(['image', 'inspect', '--format', '{{index .Config.Labels "mft-patch.release"}}', tag]);
  const release = stdout.toString().trim();
  return exitCode === 0 && release !== '' && release !== '<no value>' ? release : undefined;
}

/** Notes in an image what it is of. @throws engine-failed */
export async function label(engine: Engine, tag: string, target: string, release: string): Promise<void> {
  const dockerfile = `FROM ${tag}\nLABEL mft-patch.target=${target} mft-patch.release=${release}\n`;
  const labelled = await engine.run(['build', '--force-rm', '--tag', tag, '-'], { input: Buffer.from(dockerfile) });
  if (labelled.exitCode !== 0 || !(await hasImage(engine, tag)))
    fail({ code: 'engine-failed', detail: `${engine.name} cannot label ${tag}: ${lastLines(labelled)}` });
}
