/** The way back: to the vendor's package, or to none. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { defaultPackage } from '../default-package.js';
import type { UninstallDocument } from '../documents/index.js';
import { failWrite } from '../errors.js';
import { agreed, type Confirm } from '../install/agreed.js';
import { askedByUser, nothingBody, plannedBody, ranBody, refusedBody } from '../install/document.js';
import { refuseVendor } from '../install/refusal.js';
import { runSteps } from '../install/run-steps.js';
import { planUninstall, type VendorFile } from '../install/uninstall-plan.js';
import { openWorld, type World } from '../install/world.js';
import { releaseName } from '../machine/mft.js';
import { readVendorPackage } from '../packaging/prepare.js';
import { shellWord } from '../shell-word.js';

export interface UninstallRequest {
  /** The bundle with the vendor's package to go back to; undefined for none. */
  vendor: Source | undefined;
  /** General options, as root is told them, too. */
  general: readonly string[];
  dryRun: boolean;
  yes: boolean;
  confirm: Confirm<UninstallDocument> | undefined;
}

const schema = 'mft-patch/uninstall@1';

/** @throws usage for a system without dpkg, or if nobody can be asked; input failures of the bundle; not-permitted */
export async function uninstall(
  request: UninstallRequest,
  context: Context,
  world: World = openWorld(context),
): Promise<UninstallDocument> {
  const facts = await world.look();
  const head = { facts, uid: world.uid };
  const read = request.vendor && (await readVendorPackage(request.vendor, context));
  const refusal = read && refuseVendor(facts, releaseName(read.version));
  if (refusal) return { schema, ...refusedBody(head, refusal) };
  const path = join(context.cacheDir, 'install', `${defaultPackage}_vendor.deb`);
  const vendor: VendorFile | undefined = read && { path: shellWord(path), version: read.version };
  const steps = planUninstall(facts, vendor);
  if (steps.length === 0) return { schema, ...nothingBody(head, true) };
  const plan: UninstallDocument = { schema, ...plannedBody(head, steps) };
  if (request.dryRun) return plan;
  await agreed(plan, request);
  if (read) await writeVendor(path, read.vendor.bytes);
  if (world.uid !== 0) {
    const args = ['uninstall', ...request.general, '--yes', ...(read ? ['--vendor', path] : [])];
    return askedByUser((await world.asRoot(args)) as UninstallDocument);
  }
  return { schema, ...ranBody(head, await runSteps(steps, facts, world), { log: world.log, isBack: true }) };
}

async function writeVendor(path: string, bytes: Buffer): Promise<void> {
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, bytes);
  } catch (error) {
    failWrite(path, error);
  }
}
