import { fail } from '../errors.js';
import { osName, osReleaseField } from '../system/os-release.js';
import { parseKernelRelease } from './release.js';
import type { Target } from './target.js';

/**
 * The running machine as a target: an image of its distribution, with the headers of its very release.
 *
 * @param release as `uname -r` prints it
 * @param osRelease the text of /etc/os-release (os-release(5))
 * @throws usage where the distribution has no apt
 */
export function hostTarget(release: string, osRelease: string, targets: readonly Target[]): Target {
  const field = (name: string) => osReleaseField(osRelease, name);
  // Unstable gives the codename of the release that it is to become: PRETTY_NAME="Debian GNU/Linux forky/sid".
  const suite = field('PRETTY_NAME').endsWith('/sid') ? 'sid' : field('VERSION_CODENAME');
  const [id, version] = [field('ID'), field('VERSION_ID')];
  if (!['debian', 'ubuntu'].includes(id) || suite === '') {
    fail({
      code: 'usage',
      detail: `--kernel host supports Debian and Ubuntu only (this is ${osName(osRelease)})`,
      hint: `pass the kernel's own tree: --kernel-source /usr/src/kernels/${release}, or wherever its source is`,
    });
  }
  const { major, minor } = parseKernelRelease(release);
  const kin = targets.find((target) => target.suites[0] === suite);
  return {
    name: 'host',
    title: `this machine, ${field('PRETTY_NAME')}`,
    kernel: `${major}.${minor}`,
    rolling: false,
    image: kin?.image ?? (id === 'debian' ? `debian:${suite}-slim` : `ubuntu:${version}`),
    // Where a kernel newer than the distribution's runs, it came from here.
    suites: id === 'debian' && suite !== 'sid' ? [suite, `${suite}-backports`] : [suite],
    headers: `linux-headers-${release}`,
    snapshot: '',
    checkValidUntil: kin?.checkValidUntil ?? true,
    tried: [],
  };
}
