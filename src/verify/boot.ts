import { access, constants } from 'node:fs/promises';
import type { Context } from '../context.js';
import { dataFile } from '../catalogue.js';
import { newEntry } from '../deb/tar.js';
import { inOneLine, MftPatchError } from '../errors.js';
import type { Target } from '../kernels/target.js';
import type { BootVerdict } from '../documents.js';
import { writeWhole } from '../system/stage.js';
import { reportOf, textsOf } from '../containers/container.js';
import type { Image, Images } from '../containers/images.js';
import { lackOf } from './judge.js';
import { judgeBoot } from './judge-boot.js';
import { secondsSince, withinTime } from '../containers/timeout.js';

/** How long a boot may take, in seconds: six without KVM on a free machine, many times that on a busy one. */
const bootLimit = 180;

/** Measured on two cores: defconfig compiles some 2900 objects at 2.6 a second. */
const noImage =
  'a kernel from source has no image package, and building one takes 10 to 18 minutes on two cores: it is not booted (leave out --boot)';

/**
 * Boots the kernel of a target's image in QEMU, in a container with no more rights than any of ours, and loads modules
 * there. What keeps it from being tried is a verdict too, with the status `error`.
 *
 * @param modules the modules as dkms has installed them, by file name
 * @param logs where the console is saved, but for the end of the name
 * @throws cannot-write for the log
 */
export async function bootModules(
  images: Images,
  image: Image,
  target: Target,
  modules: ReadonlyMap<string, Buffer>,
  logs: string,
  context: Context,
): Promise<BootVerdict> {
  const start = performance.now();
  const untried = (reason: string): BootVerdict => ({ status: 'error', reason, modules: [], console: '', seconds: secondsSince(start) });
  if (target.source !== undefined) return untried(noImage);
  try {
    const tag = await images.ensureBoot(image, target, context);
    const text = `${target.name}: booting ${image.release}, loading the modules`;
    context.progress({ step: 'verify', text });
    const files = [
      ...[...modules].map(([name, body]) => newEntry(`verify/modules/${name}`, 'file', 0o644, 0, body)),
      newEntry('verify/boot.sh', 'file', 0o755, 0, Buffer.from(await dataFile('container/boot.sh'))),
    ];
    const facts = await withinTime(images.options.timeout, `the boot on ${target.name}`, context, async (limited) => {
      const onLine = (detail: string) => context.progress({ step: 'verify', text, detail });
      const { engine, options } = images;
      return textsOf(await reportOf(engine, tag, files, `/verify/boot.sh ${bootLimit}`, await kvm(context), options, limited, onLine));
    });
    const path = `${logs}.console.log`;
    await writeWhole(path, facts.get('console') ?? '', context);
    const { loads, ...judgement } = judgeBoot(
      facts,
      [...modules.keys()].map((name) => name.replace(/\.ko.*/, '')),
    );
    const lack = loads ? undefined : lackOf(facts, images.options);
    const verdict = lack === undefined ? judgement : { ...judgement, status: 'error' as const, reason: lack };
    return { ...verdict, console: path, seconds: secondsSince(start) };
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
    return untried(inOneLine(error));
  }
}

/** KVM, if this machine has it and the engine is on this machine. Whether it is of use shows when it is tried. */
async function kvm({ env }: Context): Promise<string[]> {
  const isElsewhere = /^(tcp|ssh|https?):/.test(env.DOCKER_HOST ?? env.CONTAINER_HOST ?? '');
  const isThere = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return isThere && !isElsewhere ? ['/dev/kvm'] : [];
}
