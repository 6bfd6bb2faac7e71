/** What the options say of packages of modules. */
import { fail } from '../errors.js';
import type { Kernel } from '../kernels/resolve.js';
import type { KeyFiles } from '../packaging/sign-modules.js';
import type { OptionName } from './options.js';
import type { Rules } from './rules.js';

export const packing: OptionName[] = ['modules', 'signKey', 'signCert'];

/** A key is of no use without its certificate, nor are both without modules. */
export const signing: NonNullable<Rules['requires']> = [
  ['signKey', 'modules'],
  ['signKey', 'signCert'],
  ['signCert', 'signKey'],
];

interface PackingOptions {
  modules?: true | undefined;
  signKey?: string | undefined;
  signCert?: string | undefined;
}

/** What is asked for; undefined for no packages of modules. */
type Packing = { signing: KeyFiles | undefined } | undefined;

/**
 * Whether packages of modules are made, and what signs them.
 *
 * @param kernels those that were named; undefined for all of the catalogue, which come with packages of headers
 * @throws usage for a kernel that was prepared and not built: nothing says that its symbol versions are those of the kernel that runs
 */
export async function packingOf({ modules, signKey, signCert }: PackingOptions, kernels: readonly Kernel[] | undefined): Promise<Packing> {
  if (!modules) return undefined;
  for (const kernel of kernels ?? []) await refuseUnbuilt(kernel);
  return { signing: signKey === undefined || signCert === undefined ? undefined : { key: signKey, cert: signCert } };
}

/** The same for one package. @throws usage without a kernel that the modules are for */
export async function modulesOf(options: PackingOptions, kernel: Kernel | undefined): Promise<Packing> {
  if (options.modules && kernel === undefined)
    fail({ code: 'usage', detail: '--modules is for one kernel', hint: 'pass it with --kernel, or use mft-patch matrix --modules' });
  return packingOf(options, kernel && [kernel]);
}

/** Module.symvers is made with a kernel, and not by `make modules_prepare`. @throws usage */
async function refuseUnbuilt({ requested, target }: Kernel): Promise<void> {
  const name = requested || target?.name;
  if (target?.source !== undefined) {
    const detail = `--modules does not apply to ${name}, which is prepared from source and not built`;
    fail({ code: 'usage', detail, hint: 'pass --kernel with the kernel of a distribution, or --headers of one that was built' });
  }
  if (target?.prepared === undefined) return;
  const { headersFile } = await import('../kernels/read-headers.js');
  if ((await headersFile(target.prepared, 'Module.symvers')).length > 0) return;
  const detail = `--modules does not apply to ${name}: its headers have no Module.symvers`;
  fail({ code: 'usage', detail, hint: 'pass the headers of a kernel that was built, as its package has them' });
}
