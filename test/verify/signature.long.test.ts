/**
 * A kernel that enforces signatures, asked with the modules of our package: it refuses those that nobody signed, and loads those that
 * a key signed which the firmware of the machine trusts. Debian's kernels take the keys in the variable `db` for modules, too.
 */
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { openImages } from '../../src/containers/images.js';
import { buildModules } from '../packaging/modules-life.js';
import { makeDirectory, missing, projectRoot, sh, testContext } from '../support.js';
import { signatureList, withDb } from './uefi-variables.js';

const folder = makeDirectory();
const target = 'debian-12';
let image = '';

/** Makes a key, and the modules signed by it, in a directory of the guest. */
async function signedBy(name: string): Promise<Buffer> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = `-subj '/CN=${name}/' -addext extendedKeyUsage=codeSigning -addext keyUsage=digitalSignature`;
  sh(`openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 ${subject} -keyout ${key} -out ${cert} 2> /dev/null`);
  await modulesIn(name, '--sign-key', key, '--sign-cert', cert);
  return new X509Certificate(readFileSync(cert)).raw;
}

async function modulesIn(name: string, ...args: string[]): Promise<void> {
  const { modules } = await buildModules(join(folder, 'out', name), target, ...args);
  sh(`mkdir -p v/modules/${name}; dpkg-deb -x ${modules} x; mv x/lib/modules/*/updates/mft-patch/mst_pci.ko v/modules/${name}/; rm -r x`, {
    cwd: folder,
  });
}

/** What the guest says of the modules. */
function boot(vars: Buffer): string[] {
  writeFileSync(join(folder, 'v/vars.fd'), vars);
  const output = sh(`tar -C ${folder} -c v | docker run --rm -i --network none ${image} sh -c 'tar -x -C / && bash /v/enforcing-guest.sh'`);
  // The kernel's own lines have addresses with @ in them.
  return [...output.matchAll(/(?:^|\] )@([^\r\n]*)/gm)].map(([, words = '']) => words);
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  let trusted: Buffer;
  let flash: Buffer;

  beforeAll(async () => {
    mkdirSync(join(folder, 'v'));
    cpSync(join(projectRoot, 'test/verify/enforcing-guest.sh'), join(folder, 'v/enforcing-guest.sh'));
    sh('apt-get download -qq ovmf && dpkg-deb -x ovmf_*.deb ovmf && cp ovmf/usr/share/OVMF/OVMF_CODE_4M.fd v/', { cwd: folder });
    flash = readFileSync(join(folder, 'ovmf/usr/share/OVMF/OVMF_VARS_4M.fd'));
    await modulesIn('unsigned');
    trusted = await signedBy('signed');
    await signedBy('stranger');
    const context = testContext({ offline: false });
    const images = await openImages({ engine: 'docker', timeout: 1800, memory: '2g', processes: 2048, disk: '4g' }, context);
    const found = (await loadTargets(context)).find(({ name }) => name === target);
    if (found === undefined) throw new Error(`no target ${basename(target)}`);
    image = await images.ensureBoot(await images.ensure(found, context), found, context);
  });

  test('without the key it refuses all of them', () => {
    expect(boot(flash)).toEqual([
      'enforce Y efi yes',
      ...['signed', 'stranger', 'unsigned'].map((name) =>
        expect.stringMatching(new RegExp(`^${name} refused: .*(rejected|not available)`)),
      ),
      'end',
    ]);
  });

  test('with the key in the firmware it loads what that key signed, and nothing else', () => {
    expect(boot(withDb(flash, signatureList(trusted)))).toEqual([
      'enforce Y efi yes',
      'signed loads',
      ...['stranger', 'unsigned'].map((name) => expect.stringMatching(new RegExp(`^${name} refused: .*(rejected|not available)`))),
      'end',
    ]);
  });
});
