/** For which kernels the modules are built: by dkms, and by what lies on the disk. */
import { defaultPackage } from '../default-package.js';
import type { Check, Cure } from '../documents/index.js';
import { asRoot, asUser, checked, rebuild } from './cures.js';
import type { Dkms } from './dkms.js';
import type { Kernel } from './kernels.js';
import type { ModulesPackage } from './mft.js';
import { type ModuleFile, moduleNames } from './module-files.js';

export interface BuiltQuestion {
  /** The running kernel, and the one that boots next. */
  kernels: readonly Kernel[];
  modules: ModulesPackage;
  dkms: Dkms;
  files: readonly ModuleFile[];
  /** The kernel loads signed modules only. */
  isEnforced: boolean;
  /** The package is at fault: its cure builds the modules, too. */
  isPackageBad: boolean;
  /** dkms 2.8 on Debian signs nothing. */
  signsByHand: boolean;
}

/** What is wrong with the modules of one kernel. */
interface Finding {
  text: string;
  cures: Cure[];
}

export function judgeBuilt(question: BuiltQuestion): Check {
  const { kernels, isPackageBad } = question;
  const findings = kernels.map((kernel) => ({ kernel, finding: findingOf(kernel, question) }));
  const bad = findings.find(({ finding }) => finding !== undefined);
  const good = findings.filter(({ finding }) => finding === undefined).map(({ kernel }) => kernel.release);
  if (!bad?.finding) return checked('modules', 'ok', `${moduleNames.join(', ')} for ${good.join(' and ')}${signedWords(question)}`);
  // Where the package or the headers are at fault their cure builds the modules, too.
  const isConsequence = isPackageBad || bad.kernel.headers === undefined;
  const { text, cures } = bad.finding;
  const more = good.length > 0 ? `; built for ${good.join(' and ')}` : '';
  return checked(
    'modules',
    'fault',
    `${text}${text.includes('only for') ? '' : more}`,
    isConsequence ? [after(question, bad.kernel)] : cures,
  );
}

/** What is to be seen when the commands above are done. */
function after({ isPackageBad }: BuiltQuestion, { release }: Kernel): Cure {
  if (isPackageBad) return asUser(`dkms status ${defaultPackage}`, 'after the commands above it says installed');
  return asRoot(`dkms autoinstall -k ${release}`, 'after the commands above');
}

function signedWords({ isEnforced, files }: BuiltQuestion): string {
  return isEnforced && files.length > 0 ? ', signed' : '';
}

function findingOf({ release }: Kernel, { modules, dkms, files, ...signing }: BuiltQuestion): Finding | undefined {
  const row = dkms.rows.find((one) => one.release === release && one.version === modules.source);
  const own = files.filter((file) => file.release === release && file.isOfDkms);
  const missing = moduleNames.filter((name) => !own.some((file) => file.name === name));
  const install = [asRoot(`dkms install ${defaultPackage}/${modules.source} -k ${release}`)];
  if (row === undefined) {
    const others = dkms.rows.filter(({ version }) => version === modules.source);
    const built = others.map((other) => other.release).filter((name) => name !== '');
    const words =
      built.length > 0 ? `only for ${built.join(', ')}` : others.length > 0 ? 'dkms has the source alone' : 'dkms does not know them';
    return { text: `not built for ${release}: ${words}`, cures: install };
  }
  if (row.state !== 'installed') return { text: `${row.state}, not installed, for ${release}`, cures: install };
  const again = rebuild(modules.source, release);
  if (missing.length > 0)
    return { text: `dkms says installed for ${release}, but ${missing.join(' and ')} is not on the disk`, cures: again };
  const other = own.find(({ builtFor }) => builtFor !== '' && builtFor !== release);
  if (other) return { text: `${other.path.replace(/^.*\//, '')} of ${release} was built for ${other.builtFor}`, cures: again };
  if (row.differs) return { text: `another module is installed for ${release} than dkms has built`, cures: again };
  if (signing.isEnforced && own.some(({ signer }) => signer === ''))
    return { text: `not signed for ${release}: this kernel refuses them`, cures: signing.signsByHand ? own.map(signCure) : again };
  return undefined;
}

/** By the program that signs the kernel's own modules (Documentation/admin-guide/module-signing.rst). */
function signCure({ path, release }: ModuleFile): Cure {
  const series = release.split('.').slice(0, 2).join('.');
  return asRoot(`/usr/lib/linux-kbuild-${series}/scripts/sign-file sha256 /var/lib/dkms/mok.key /var/lib/dkms/mok.pub ${path}`);
}
