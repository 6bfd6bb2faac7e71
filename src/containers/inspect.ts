import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { Engine } from './engine.js';

/** What an engine reports of an image. */
export interface ImageFacts {
  /** Its digest, with `sha256:` before it. */
  id: string;
  /** When it was made, as ISO 8601 has it: by our own label, since the engine's date is that of its last layer. */
  created: string;
  /** When the engine made its last layer, as ISO 8601 has it. */
  made: string;
  /** The size of all its layers. */
  bytes: number;
  labels: Partial<Record<string, string>>;
  /** The digests of its layers, the base's first. */
  layers: string[];
  /** All of its names. */
  names: string[];
}

/** What the engine reports of an image; undefined if there is none of this name. */
export async function inspect(engine: Engine, name: string, context: Context): Promise<ImageFacts | undefined> {
  // Its whole JSON: templates differ between docker and podman in how they print dates.
  const { exitCode, stdout } = await engine.run(['image', 'inspect', name], context);
  if (exitCode !== 0) return undefined;
  const [facts] = parse(engine, stdout.toString());
  return facts && factsOf(facts);
}

/** The same of several, by their names, in one call of the engine. One that it does not have under just this name is missing. */
export async function inspectAll(engine: Engine, names: readonly string[], context: Context): Promise<Map<string, ImageFacts>> {
  // It prints what it has, and fails for what it has not.
  const { stdout } = await engine.run(['image', 'inspect', ...names], context);
  const found = stdout.toString().trim() === '' ? [] : parse(engine, stdout.toString()).map(factsOf);
  return new Map(
    names.flatMap((name) => found.filter((facts) => facts.names.includes(name)).map((facts): [string, ImageFacts] => [name, facts])),
  );
}

function factsOf({ Id, Created, Size = 0, Config, RootFS, RepoTags }: Inspected): ImageFacts {
  const labels = Config?.Labels ?? {};
  return {
    id: Id.replace(/^(?!sha256:)/, 'sha256:'),
    created: dateOf(labels['mft-patch.created'] ?? Created),
    made: dateOf(Created),
    bytes: Size,
    labels,
    layers: RootFS?.Layers ?? [],
    names: RepoTags ?? [],
  };
}

function dateOf(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

interface Inspected {
  Id: string;
  Created: string;
  Size?: number;
  Config?: { Labels?: ImageFacts['labels'] | null };
  RootFS?: { Layers?: string[] };
  RepoTags?: string[] | null;
}

/** @throws engine-failed */
function parse(engine: Engine, text: string): Inspected[] {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = `${engine.name} image inspect did not print JSON: ${text.slice(0, 100)}`;
    return fail({ code: 'engine-failed', detail }, error);
  }
}
