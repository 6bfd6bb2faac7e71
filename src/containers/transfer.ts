/** Images on their way from one engine to another: by an archive, or by a registry. */
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import { type Engine, failWithLog, lastLines } from './engine.js';
import { removeReplaced } from './image-list.js';
import { type ImageFacts, inspect } from './inspect.js';

/** How long an engine may take to forget a name that is not needed any more, in milliseconds. */
const cleanUpLimit = 20_000;

/** Writes images with their names to one archive, in docker's form, which podman reads, too. @throws engine-failed */
export async function saveImages(engine: Engine, names: readonly string[], path: string, context: Context): Promise<void> {
  const form = engine.name === 'podman' ? ['--multi-image-archive', '--format', 'docker-archive', '--quiet'] : [];
  const saved = await engine.run(['image', 'save', ...form, '--output', path, ...names], context);
  if (saved.exitCode !== 0) await failWithLog({ what: `${engine.name} cannot save the images`, log: 'image-save' }, saved, context);
}

/** Takes the images of an archive. @returns the names that the engine has given them @throws engine-failed */
export async function loadImages(engine: Engine, path: string, context: Context): Promise<string[]> {
  const loaded = await engine.run(['image', 'load', '--input', path], context);
  const failed = {
    what: `${engine.name} cannot load ${path}`,
    log: 'image-load',
    hint: 'pass a file that mft-patch image save has written',
  };
  if (loaded.exitCode !== 0) await failWithLog(failed, loaded, context);
  const lists = [...loaded.stdout.toString().matchAll(/^Loaded image(?:\(s\))?: (.+)$/gm)];
  const names = lists.flatMap(([, list = '']) => list.split(',').map((name) => name.trim()));
  // In podman this is before the name of each image that comes from no registry; without it the name is the same.
  return engine.name === 'podman' ? names.map((name) => name.replace(/^localhost\//, '')) : names;
}

/** The name of an image of ours without that of a registry; undefined for an image that is not of ours. */
export function ownName(name: string): string | undefined {
  return /^(?:localhost\/|docker\.io\/)?(mft-patch\/[^/:]+:[^/:]+)$/.exec(name)?.[1];
}

/** An image that has come. */
export interface Arrival {
  /** What the engine calls it now. */
  ref: string;
  /** The name that it is to have. */
  name: string;
  /** What had that name before. */
  before: ImageFacts | undefined;
}

/**
 * Gives an image that has come its name, and removes what had it before; of two the one whose packages are newer stays.
 * @returns whether it was taken
 * @throws engine-failed
 */
export async function settle(engine: Engine, { ref, name, before }: Arrival, context: Context): Promise<boolean> {
  const arrived = await inspect(engine, ref, context);
  if (arrived === undefined) return fail({ code: 'engine-failed', detail: `${engine.name} has lost ${ref}` });
  const isOlder = before !== undefined && before.id !== arrived.id && before.created > arrived.created;
  const [winner, loser] = isOlder ? [before, arrived] : [arrived, before];
  const tagged = await engine.run(['tag', winner.id, name], context);
  if (tagged.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot tag ${name}: ${lastLines(tagged)}` });
  if (ref !== name) await forget(engine, ref, context);
  if (loser !== undefined && loser.id !== winner.id) await removeReplaced(engine, loser.id, context);
  return !isOlder;
}

/** The name of an image in a registry: those of several architectures have names of their own. */
export function remoteName(registry: string, name: string, { arch }: Engine): string {
  return `${registry}/${name}${arch === '' ? '' : `-${arch}`}`;
}

/** Sends an image to a registry. @throws engine-failed */
export async function pushImage(engine: Engine, name: string, registry: string, context: Context): Promise<void> {
  const remote = remoteName(registry, name, engine);
  const tagged = await engine.run(['tag', name, remote], context);
  if (tagged.exitCode !== 0) fail({ code: 'engine-failed', detail: `${engine.name} cannot tag ${remote}: ${lastLines(tagged)}` });
  try {
    const pushed = await engine.run(['push', remote], context);
    const hint = `check that the registry answers, and ${engine.name} login ${registry.split('/')[0]}`;
    if (pushed.exitCode !== 0)
      await failWithLog({ what: `${engine.name} cannot push ${remote}`, log: 'image-push', hint }, pushed, context);
  } finally {
    await forget(engine, remote, context);
  }
}

/** What a registry answers for an image that it does not have, in the words of docker and podman. */
const absent = /manifest unknown|name unknown|repository .* not found|manifest for .* not found/i;

/**
 * Takes an image from a registry.
 * @returns whether the registry has it
 * @throws engine-failed; also where it is not an image of ours
 */
export async function pullImage(engine: Engine, name: string, registry: string, context: Context): Promise<boolean> {
  const remote = remoteName(registry, name, engine);
  const before = await inspect(engine, name, context);
  const pulled = await engine.run(['pull', remote], context);
  if (pulled.exitCode !== 0 && absent.test(`${pulled.stdout}${pulled.stderr}`)) return false;
  const hint = `check that the registry answers, and ${engine.name} login ${registry.split('/')[0]}`;
  if (pulled.exitCode !== 0) await failWithLog({ what: `${engine.name} cannot pull ${remote}`, log: 'image-pull', hint }, pulled, context);
  const labels = (await inspect(engine, remote, context))?.labels ?? {};
  if (labels['mft-patch.target'] !== targetIn(name) || labels['mft-patch.release'] === undefined) {
    await forget(engine, remote, context);
    const detail = `${remote} is not an image that mft-patch made of ${targetIn(name)}`;
    fail({ code: 'engine-failed', detail, hint: 'pass another registry, or push that image again' });
  }
  await settle(engine, { ref: remote, name, before }, context);
  return true;
}

/** The target in the name of an image. */
function targetIn(name: string): string {
  return name.replace(/^.*\//, '').replace(/:.*/, '');
}

/** Takes a name from an image; the image goes if that was its only one. It is done after an interruption, too. */
async function forget(engine: Engine, name: string, context: Context): Promise<void> {
  const uninterrupted = { ...context, signal: AbortSignal.timeout(cleanUpLimit) };
  await engine.run(['image', 'rm', name], uninterrupted).catch(() => {});
}
