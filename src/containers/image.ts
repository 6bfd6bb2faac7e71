import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { isPresent } from './base-image.js';
import { type Engine, lastWords } from './engine.js';

/** Builds an image from a Dockerfile without a context. @throws engine-failed */
export async function buildImage(
  engine: Engine,
  tag: string,
  name: string,
  dockerfile: string,
  args: Record<string, string>,
  context: Context,
): Promise<void> {
  const text = `building the image of ${name}`;
  context.progress({ step: 'image', text });
  const options = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  const onLine = (detail: string) => context.progress({ step: 'image', text, detail });
  const build = await engine.run(['build', '--force-rm', '--tag', tag, ...options, '-'], { input: Buffer.from(dockerfile), onLine });
  if (build.exitCode === 0) return;
  // A kernel of one's own, or one that the archive has replaced by a newer.
  const isUnknown = lastWords(build).includes('E: Unable to locate package linux-headers-');
  const hint = "apt has no headers of this kernel: give the kernel's own tree with --kernel-source";
  const detail = `${engine.name} cannot build the image of ${name}: ${lastWords(build)}`;
  fail({ code: 'engine-failed', detail, ...(isUnknown ? { hint } : {}) });
}

/** The one kernel's release that an image of ours was made with; `none` if it has none. @throws engine-failed if it has several */
export async function releaseInside(engine: Engine, tag: string, name: string): Promise<string> {
  const ask = 'cat /etc/mft-patch-release || echo none';
  const { stdout } = await engine.run(['run', '--rm', '--network', 'none', tag, 'sh', '-c', ask]);
  const release = stdout.toString().trim();
  if (release !== '' && !release.includes('\n')) return release;
  return fail({
    code: 'engine-failed',
    detail: `the image of ${name} holds not one kernel, but: ${release.split('\n').join(', ') || 'none'}`,
  });
}

/** @throws engine-failed, and how to bring the image */
export function refuseOffline(engine: Engine, name: string, tag: string): never {
  return fail({
    code: 'engine-failed',
    detail: `the image of ${name} is not there, and --offline forbids to make it`,
    hint: `make it once with a connection, and move it here with ${engine.name} save and load: ${tag}`,
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
  if (labelled.exitCode !== 0 || !(await isPresent(engine, tag)))
    fail({ code: 'engine-failed', detail: `${engine.name} cannot label ${tag}: ${lastWords(labelled)}` });
}
