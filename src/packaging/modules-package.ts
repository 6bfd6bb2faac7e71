/** A package of modules that are built already, for machines without a compiler. */
import { decompress, gzip } from '../deb/compress.js';
import { writeDeb } from '../deb/deb.js';
import { controlText, newDeb } from '../deb/new-deb.js';
import { fail } from '../errors.js';
import { projectText } from '../project-files.js';
import { sha256 } from '../system/digest.js';
import { xz } from '../system/xz.js';
import type { BuiltModules, ModulesOrigin } from './built-modules.js';
import { withoutSignature } from './module-signature.js';
import { changelog, copyright, fieldsOf, packageName, scriptsOf } from './modules-text.js';
import type { Signer } from './sign-modules.js';

export interface ModulesPackage {
  name: string;
  bytes: Buffer;
  release: string;
  /** Each module with its digest as it is in the package. */
  modules: { name: string; sha256: string }[];
}

const moduleLimit = 64 * 1024 * 1024;

/**
 * Makes the package. Its modules are not compressed, which each kernel and kmod takes, and signed by the signer alone: dkms signs
 * with a key that it makes up in each container, which nobody trusts, and which would give other bytes each time. The package
 * of the same modules with a signature is the newer one.
 *
 * @throws package-unfit for a release that no package can be named after
 */
export async function modulesPackage(built: BuiltModules, origin: ModulesOrigin, signer: Signer | undefined): Promise<ModulesPackage> {
  const { release, architecture, top } = built;
  if (!/^[\w.+~-]+$/.test(release))
    fail({ code: 'package-unfit', path: origin.file, detail: `no package can be named after '${release}'` });
  const [plain, signed] = [new Map<string, Buffer>(), new Map<string, Buffer>()];
  for (const [file, bytes] of built.files) {
    const name = file.replace(/\.ko.*$/, '.ko');
    const module = withoutSignature(await uncompressed(file, bytes));
    plain.set(name, module);
    if (signer) signed.set(name, await signer.sign(module, built.signatureHash));
  }
  const modules = signer ? signed : plain;
  const notes = copyright(origin, plain, await ownLicence());
  const { scripts, triggers } = scriptsOf(release);
  // Other bytes are another version, as with any package of ours: another compiler makes others, and so does a signature.
  const rest = JSON.stringify([top, scripts, triggers, notes, fieldsOf(built, origin, '')]);
  const signature = signer ? `.s${sha256(digestsOf(signed)).slice(0, 7)}` : '';
  const version = `${origin.version}.m${sha256(digestsOf(plain) + rest).slice(0, 7)}${signature}`;
  const name = packageName(origin.name, release);
  const documents = `usr/share/doc/${name}`;
  const deb = newDeb({
    control: controlText([['Package', name], ['Version', version], ...fieldsOf(built, origin, version)]),
    scripts,
    triggers: triggers.map((path) => `interest-noawait ${path}`),
    files: new Map([
      ...[...modules].map(([file, bytes]): [string, Buffer] => [`${top}/modules/${release}/updates/mft-patch/${file}`, bytes]),
      [`${documents}/changelog.Debian.gz`, gzip(Buffer.from(changelog(built, origin, version)))],
      [`${documents}/copyright`, Buffer.from(notes)],
    ]),
    time: Math.floor(origin.date.getTime() / 1000),
  });
  const file = `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
  return { name: file, bytes: writeDeb(deb), release, modules: listOf(modules) };
}

function listOf(modules: ReadonlyMap<string, Buffer>): ModulesPackage['modules'] {
  return [...modules].map(([name, bytes]) => ({ name, sha256: sha256(bytes) })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function digestsOf(modules: ReadonlyMap<string, Buffer>): string {
  return listOf(modules)
    .map((module) => `${module.sha256}  ${module.name}\n`)
    .join('');
}

/** The licence of this program, which the scripts in the package are of; below a line in that file is that of the patches. */
async function ownLicence(): Promise<string> {
  return (await projectText('LICENSE')).split(/^---$/m)[0] ?? '';
}

async function uncompressed(file: string, bytes: Buffer): Promise<Buffer> {
  const compression = /\.ko(\.gz|\.xz|\.zst|)$/.exec(file)?.[1] ?? '';
  return decompress(compression as '' | '.gz' | '.xz' | '.zst', bytes, { limit: moduleLimit, path: file, xz });
}
