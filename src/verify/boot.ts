import { access, constants } from 'node:fs/promises';
import { runScript, textsOf } from '../containers/container.js';
import { isElsewhere } from '../containers/engine.js';
import type { Image } from '../containers/image.js';
import type { Images } from '../containers/images.js';
import { withTimeout } from '../containers/timeout.js';
import type { Context } from '../context.js';
import { fileEntry } from '../deb/tar.js';
import type { BootVerdict } from '../documents/index.js';
import type { Target } from '../kernels/target.js';
import { projectText } from '../project-files.js';
import { writeAtomic } from '../system/stage.js';
import type { Facts } from './facts.js';
import { judgeBoot } from './judge-boot.js';
import { exhaustedResource } from './reasons.js';
import { isEngineFailure, secondsSince, verdictOnFailure } from './untested.js';

/** How long a boot may take, in seconds: six without KVM on a free machine, many times that on a busy one. */
const bootLimit = 180;

/** A kernel from source has no image package; to build one takes 10 to 18 minutes on two cores (2900 objects of defconfig at 2.6 a second). */
const noImage = 'booting a kernel built from source is not supported; omit --boot';

/** What is to be booted. */
export interface Boot {
  images: Images;
  image: Image;
  target: Target;
  /** The modules as dkms has installed them, by file name. */
  modules: ReadonlyMap<string, Buffer>;
  /** Where the console is saved, but for the end of the name. */
  logs: string;
}

/**
 * Boots the kernel of a target's image in QEMU, in a container with no more rights than any of ours, loads modules
 * there and asks their drivers. Where that cannot be done it is a verdict too, with the status `error`.
 *
 * @throws cannot-write for the log
 */
export async function bootModules(boot: Boot, context: Context): Promise<BootVerdict> {
  const start = performance.now();
  const untested = (reason: string): BootVerdict => ({ status: 'error', reason, modules: [], console: '', seconds: secondsSince(start) });
  if (boot.target.source !== undefined) return untested(noImage);
  try {
    const facts = await runBoot(boot, context);
    const path = `${boot.logs}.console.log`;
    await writeAtomic(path, facts.get('console') ?? '', context);
    const names = [...boot.modules.keys()].map((name) => name.replace(/\.ko.*/, ''));
    const judgement = judgeBoot(facts, names);
    const lack = judgement.status === 'loads' ? undefined : exhaustedResource(facts, boot.images.settings);
    const verdict = lack === undefined ? judgement : { ...judgement, status: 'error' as const, reason: lack };
    return { ...verdict, console: path, seconds: secondsSince(start) };
  } catch (error) {
    if (!isEngineFailure(error)) throw error;
    return untested(verdictOnFailure(error, context).reason);
  }
}

/** @returns the facts of container/boot.sh */
async function runBoot({ images, image, target, modules }: Boot, context: Context): Promise<Facts> {
  const { engine, settings } = images;
  const tag = await images.ensureBoot(image, target, context);
  const step = { step: 'verify' as const, of: target.name, text: `booting ${image.release}, asking the drivers` };
  context.progress(step);
  const files = [
    ...[...modules].map(([name, body]) => fileEntry(`verify/modules/${name}`, body)),
    fileEntry('verify/release', Buffer.from(`${image.release}\n`)),
    fileEntry('verify/ask-driver.c', Buffer.from(await projectText('container/ask-driver.c'))),
    fileEntry('verify/boot.sh', Buffer.from(await projectText('container/boot.sh')), { mode: 0o755 }),
  ];
  const command = `/verify/boot.sh ${bootLimit}`;
  const devices = engine.emulatedOn === undefined ? await kvmDevices(context) : [];
  const onLine = (detail: string) => context.progress({ ...step, detail });
  return withTimeout(settings.timeout, `the boot on ${target.name}`, context, async (limited) =>
    textsOf(await runScript({ engine, image: tag, files, command, devices, limits: settings, onLine }, limited)),
  );
}

/** KVM, if this machine has it and the engine is on this machine. Whether it is of use shows when it is used. */
async function kvmDevices(context: Context): Promise<string[]> {
  const exists = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return exists && !isElsewhere(context) ? ['/dev/kvm'] : [];
}
