import { basename, join } from 'node:path';
import { loadPatches } from '../../catalogue.js';
import { type ContainerSettings, type Images, openImages } from '../../containers/images.js';
import type { Context } from '../../context.js';
import { errorsOf, explainErrors, placed, type Sources } from '../../diagnosis/diagnose.js';
import { kernelImages } from '../../diagnosis/kernel-headers.js';
import type { KnownSeries } from '../../diagnosis/known-patches.js';
import { checkClone } from '../../diagnosis/linux-git.js';
import type { DiagnoseDocument } from '../../documents/index.js';
import { fail, MftPatchError, messageOf } from '../../errors.js';
import { explain } from '../../explain.js';
import type { Kernel } from '../../kernels/resolve.js';
import { parsePatch } from '../../patches/patch.js';
import { ownBytes, ownNames, projectBytes, projectNames } from '../../project-files.js';
import { type Input, isPackage, logsIn, logsOfPackage, readInput } from './input.js';

export interface DiagnoseRequest {
  /** A make.log, a verdict, or a package. */
  path: string;
  /** On which a package is verified; of a log at most one, the one that it is of. */
  kernels: Kernel[];
  /** A git clone of the kernel. */
  linux: string | undefined;
  settings: ContainerSettings;
}

/** Explains what broke a build: which known patch is against it, since which kernel, what stands in its place. */
export async function diagnose({ path, kernels, linux, settings }: DiagnoseRequest, context: Context): Promise<DiagnoseDocument> {
  if (linux !== undefined) await checkClone(linux, context);
  const bytes = await readInput(path);
  const forPackages = settings.bootstrap ? '--bootstrap' : settings.aptMirror === undefined ? undefined : '--apt-mirror';
  if (forPackages !== undefined && !isPackage(bytes))
    fail({
      code: 'usage',
      detail: `${forPackages} requires a package: no image is built for a log or a verdict`,
      hint: `omit ${forPackages}`,
    });
  const engine = await openEngine(settings, context, isPackage(bytes));
  const input = await read({ path, bytes, kernels, images: 'images' in engine ? engine.images : undefined }, context);
  const logs = input.logs.map(placed);
  const found = errorsOf(logs, await knownSeries(context));
  const headers = await imagesIn(engine, found.length > 0, context);
  const sources: Sources = {
    ...('images' in headers ? { headers } : {}),
    ...(linux === undefined ? {} : { linux: { directory: linux, seconds: settings.timeout } }),
  };
  const { errors, kernels: searched } = await explainErrors(found, sources, context);
  const open = errors.filter(({ patches }) => patches.length === 0);
  const own = open.find(({ kind }) => kind !== 'unknown') ?? open[0];
  return {
    schema: 'mft-patch/diagnose@1',
    input: { path, kind: input.kind },
    logs: logs.map(({ path, isWhole, where: { kernel = '', mft = '' } }) => ({ path, kernel, mft, isWhole })),
    headers: { kernels: searched, ...('note' in headers ? { note: headers.note } : {}) },
    errors,
    ...(own === undefined ? {} : { header: own.header }),
  };
}

/** All patches whose files are there. A file that cannot be read is not a reason to explain nothing. */
async function knownSeries(context: Context): Promise<KnownSeries> {
  const listed = await loadPatches(context);
  const read = async (file: string, bytes: Promise<Buffer>) => {
    try {
      return [parsePatch(basename(file), await bytes)];
    } catch (error) {
      context.warn(`${file} is left out: ${messageOf(error)}`);
      return [];
    }
  };
  const hint = 'pass a directory with patches and their series with --patches';
  const isUnlisted = (name: string) => name.endsWith('.patch') && !listed.some(({ id }) => `${id}.patch` === name);
  const ours = (await projectNames('patches')).filter(isUnlisted).map((name) => read(`patches/${name}`, projectBytes(`patches/${name}`)));
  const own = context.own.patches.map(async (directory) => {
    const names = (await ownNames(directory, hint)).filter(isUnlisted);
    return (await Promise.all(names.map((name) => read(join(directory, name), ownBytes(join(directory, name), hint, context))))).flat();
  });
  const others = (await Promise.all([...ours, ...own])).flat();
  return { patches: [...listed, ...others], unlisted: new Set(others.map(({ id }) => id)) };
}

type Engine = { images: Images } | { note: string };

/** The engine; without one the headers are not searched, but a package needs it. @throws no-engine */
async function openEngine(settings: ContainerSettings, context: Context, isNeeded: boolean): Promise<Engine> {
  try {
    return { images: await openImages(settings, context) };
  } catch (error) {
    if (isNeeded || !(error instanceof MftPatchError) || error.failure.code !== 'no-engine') throw error;
    return { note: explain(error.failure).message.replace('to verify with', 'to search headers with') };
  }
}

/** The images to search, or why there are none. */
async function imagesIn(engine: Engine, isWanted: boolean, context: Context): Promise<NonNullable<Sources['headers']> | { note: string }> {
  if ('note' in engine) return engine;
  if (!isWanted) return { note: 'nothing to search for' };
  try {
    const kernels = await kernelImages(engine.images, context);
    return kernels.length > 0
      ? { images: engine.images, kernels }
      : { note: 'no images of kernels; build them with mft-patch image build all' };
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
    return { note: explain(error.failure).message };
  }
}

interface Given {
  path: string;
  bytes: Buffer;
  kernels: Kernel[];
  images: Images | undefined;
}

async function read({ path, bytes, kernels, images }: Given, context: Context): Promise<Input> {
  if (images !== undefined && isPackage(bytes)) {
    if (kernels.length > 0) return logsOfPackage({ path, bytes, kernels, images }, context);
    return fail({
      code: 'usage',
      detail: 'missing --kernel: a package is verified first',
      hint: 'pass --kernel K; run mft-patch kernels to list the targets',
    });
  }
  const [kernel, ...others] = kernels;
  if (others.length > 0) fail({ code: 'usage', detail: 'a log is of one kernel', hint: 'pass the kernel that the log is of' });
  return logsIn(path, bytes, kernel);
}
