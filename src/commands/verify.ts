import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { refuseOtherArch } from '../containers/arch.js';
import { findEngine } from '../containers/engine.js';
import { type ContainerSettings, imagesFor } from '../containers/images.js';
import type { Context } from '../context.js';
import { controlFields, readDeb } from '../deb/deb.js';
import type { KernelVerdict, VerifyDocument } from '../documents/index.js';
import { failInput } from '../errors.js';
import { type Kernel, targetOf } from '../kernels/resolve.js';
import { xz } from '../system/xz.js';
import { verifyOn } from '../verify/verify.js';

export type VerifyRequest = {
  /** The package. */
  path: string;
  /** Load the modules on the booted kernel, too. */
  boot: boolean;
  settings: ContainerSettings;
} & ({ kernels: Kernel[] } | OnThisMachine);

interface OnThisMachine {
  /** The kernels whose headers are installed, to verify on without a container. */
  releases: string[];
}

/** Installs a package on one kernel after the other. */
export async function verify(request: VerifyRequest, context: Context): Promise<VerifyDocument> {
  const { path } = request;
  const kernels = 'releases' in request ? await verifyHere(request, context) : await verifyInContainers(request, context);
  return { schema: 'mft-patch/verify@1', package: path, kernels };
}

async function verifyInContainers(request: VerifyRequest & { kernels: Kernel[] }, context: Context): Promise<KernelVerdict[]> {
  const { path, kernels, boot, settings } = request;
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  // The engine is asked whether it is there while the package is read.
  const [{ content, ...deb }, engine] = await Promise.all([readPackage(path), findEngine(settings, context)]);
  const arch = controlFields(content, path).get('architecture') ?? '';
  const own = arch === 'all' ? undefined : arch;
  const images = await imagesFor(engine, settings, [own, ...targets.map(({ wanted }) => wanted?.arch)], context);
  if (own !== undefined) refuseOtherArch(images.engine, { what: path, arch: own });
  const verdicts = [];
  for (const target of targets) verdicts.push(await verifyOn({ images, target, deb, boot }, context));
  return verdicts;
}

async function verifyHere({ path, releases, settings }: VerifyRequest & OnThisMachine, context: Context): Promise<KernelVerdict[]> {
  const [deb, here] = await Promise.all([readPackage(path), import('../verify/here.js')]);
  const verdicts = [];
  for (const release of releases) verdicts.push(await here.verifyHere({ deb, release, timeout: settings.timeout }, context));
  return verdicts;
}

async function readPackage(path: string) {
  const bytes = await readFile(path).catch((error) => failInput(path, error, 'check the path'));
  return { name: basename(path), bytes, content: await readDeb(bytes, path, xz) };
}
