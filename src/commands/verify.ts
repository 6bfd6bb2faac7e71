import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { refuseOtherArch } from '../containers/arch.js';
import { type ContainerSettings, openImages } from '../containers/images.js';
import type { Context } from '../context.js';
import { controlFields, readDeb } from '../deb/deb.js';
import type { VerifyDocument } from '../documents/index.js';
import { failInput } from '../errors.js';
import { type Kernel, targetOf } from '../kernels/resolve.js';
import { xz } from '../system/xz.js';
import { verifyOn } from '../verify/verify.js';

export interface VerifyRequest {
  /** The package. */
  path: string;
  kernels: Kernel[];
  /** Load the modules on the booted kernel, too. */
  boot: boolean;
  settings: ContainerSettings;
}

/** Installs a package on one kernel after the other. */
export async function verify({ path, kernels, boot, settings }: VerifyRequest, context: Context): Promise<VerifyDocument> {
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  const bytes = await readFile(path).catch((error) => failInput(path, error, 'check the path'));
  // The engine is asked whether it is there while the package is read.
  const [deb, images] = await Promise.all([readDeb(bytes, path, xz), openImages(settings, context)]);
  const arch = controlFields(deb, path).get('architecture') ?? '';
  if (arch !== 'all') refuseOtherArch(images.engine, { what: path, arch });
  const verdicts = [];
  for (const target of targets) verdicts.push(await verifyOn({ images, target, deb: { name: basename(path), bytes }, boot }, context));
  return { schema: 'mft-patch/verify@1', package: path, kernels: verdicts };
}
