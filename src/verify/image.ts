import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Target } from '../kernels/target.js';
import { type RunResult, runProgram } from '../run-program.js';
import type { Engine } from './engine.js';

/** The image's name: it changes with whatever it is made from, and so an image is never stale. */
function imageTag(target: Target, dockerfile: string): string {
  const inputs = JSON.stringify([dockerfile, target.image, target.suite, target.headers, target.aptSources]);
  return `mft-patch/${target.name}:${createHash('sha256').update(inputs).digest('hex').slice(0, 12)}`;
}

/**
 * Makes the target's image unless it is there.
 *
 * @returns its tag
 * @throws engine-failed with the last words of what went wrong
 */
export async function ensureImage(engine: Engine, target: Target, dockerfile: string, context: Context): Promise<string> {
  const tag = imageTag(target, dockerfile);
  if (await hasImage(engine, tag)) return tag;
  if (context.offline) {
    fail({
      code: 'engine-failed',
      detail: `the image of ${target.name} is not there, and --offline forbids to make it`,
      hint: `make it once with a connection, and move it here with ${engine.name} save and load: ${tag}`,
    });
  }
  const base = await ensureBase(engine, target, context);
  const say = (detail?: string) =>
    context.progress({ step: 'image', text: `building the image of ${target.name}`, ...(detail === undefined ? {} : { detail }) });
  say();
  const args = { BASE_IMAGE: base, APT_SOURCES: target.aptSources, HEADERS: target.headers };
  const build = await engine.run(
    ['build', '--force-rm', '--tag', tag, ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]), '-'],
    { input: Buffer.from(dockerfile), onLine: (line) => say(line) },
  );
  if (build.exitCode !== 0) {
    fail({ code: 'engine-failed', detail: `${engine.name} cannot build the image of ${target.name}: ${lastWords(build)}` });
  }
  return tag;
}

async function hasImage(engine: Engine, name: string): Promise<boolean> {
  return (await engine.run(['image', 'inspect', '--format', '{{.Id}}', name])).exitCode === 0;
}

/** The base image: at hand, or pulled, or where no registry answers made by mmdebstrap from Debian's own packages. */
async function ensureBase(engine: Engine, target: Target, context: Context): Promise<string> {
  if (await hasImage(engine, target.image)) return target.image;
  const made = `mft-patch/base:${target.suite}`;
  if (await hasImage(engine, made)) return made;
  context.progress({ step: 'image', text: `pulling ${target.image}` });
  const pull = await engine.run(['pull', target.image]);
  if (pull.exitCode === 0) return target.image;
  context.progress({ step: 'image', text: `${target.image} cannot be pulled; making it from suite ${target.suite} with mmdebstrap` });
  await bootstrap(engine, target, made, lastWords(pull), context);
  return made;
}

/** Makes a base image. Without a mirror argument mmdebstrap takes the distribution's own. */
async function bootstrap(engine: Engine, target: Target, tag: string, pullFailure: string, context: Context): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mft-patch-'));
  const archive = join(folder, 'base.tar');
  try {
    const made = await runProgram('mmdebstrap', ['--variant=minbase', target.suite, archive], {}, context);
    if (made.exitCode === 127) {
      fail({
        code: 'engine-failed',
        detail: `${engine.name} cannot pull ${target.image} (${pullFailure}), and mmdebstrap, which makes such an image, is not installed`,
        hint: 'give the engine access to a registry, or apt install mmdebstrap',
      });
    }
    if (made.exitCode !== 0) {
      fail({ code: 'engine-failed', detail: `mmdebstrap cannot make suite ${target.suite}: ${lastWords(made)}` });
    }
    const imported = await engine.run(['import', archive, tag]);
    if (imported.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot import ${tag}: ${lastWords(imported)}` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lastWords({ stdout, stderr }: RunResult): string {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-3).join(' / ');
}
