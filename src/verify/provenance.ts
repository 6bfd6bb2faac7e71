/** What a verdict is a verdict on. */
import type { Engine } from '../containers/engine.js';
import type { Image } from '../containers/image.js';
import type { BuiltPatch, Provenance } from '../documents/index.js';
import { debianArch } from '../kernels/arch.js';
import { ownCode, projectText, projectTree } from '../project-files.js';
import { sha256 } from '../system/digest.js';

/** How the package of a verdict was built, where this run did it. */
export interface Origin {
  package: NonNullable<Provenance['options']['package']>;
  /** The patches inside, in the order of the series. */
  patches: NonNullable<Provenance['patches']>;
}

/** What is tested, and where. */
export interface Tested {
  deb: { bytes: Buffer; origin?: Origin };
  image: Pick<Image, 'id' | 'created'>;
  /** With --here it is dkms itself. */
  engine: Omit<Engine, 'run' | 'name'> & { name: Engine['name'] | 'dkms' };
  boot: boolean;
}

/** What a test that begins now will give a verdict on. */
export async function provenanceOf({ deb, image, engine, boot }: Tested): Promise<Provenance> {
  const { patches, package: kind } = deb.origin ?? {};
  return {
    package: sha256(deb.bytes),
    ...(patches ? { patches } : {}),
    image: image.id,
    ...(image.created ? { imageCreated: image.created } : {}),
    program: await program(),
    engine: `${engine.name} ${engine.version}`,
    architecture: engine.arch || (debianArch(process.arch) ?? process.arch),
    ...(engine.emulatedOn === undefined ? {} : { emulatedOn: engine.emulatedOn }),
    options: { boot, ...(kind ? { package: kind } : {}) },
    date: new Date().toISOString(),
  };
}

/** How a package of ours was built. @param patches what became of each patch */
export function originOf(isUniversal: boolean, patches: readonly BuiltPatch[]): Origin {
  const inside = patches.filter(({ status }) => status !== 'not-needed').map(({ id, sha256 }) => ({ id, sha256 }));
  return { package: isUniversal ? 'universal' : 'baked', patches: inside };
}

let known: Promise<Provenance['program']> | undefined;

/** This program, with the digest of its code and of what it runs in containers: another digest may judge otherwise. */
export function program(): Promise<Provenance['program']> {
  known ??= identify();
  return known;
}

async function identify(): Promise<Provenance['program']> {
  const [text, ...trees] = await Promise.all([projectText('package.json'), ownCode(), projectTree('container')]);
  const files = trees.flatMap((tree) => [...tree].map(([path, bytes]) => `${sha256(bytes)}  ${path}\n`));
  return { version: (JSON.parse(text) as { version: string }).version, sha256: sha256(files.join('')) };
}
