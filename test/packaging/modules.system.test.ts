/** A package of modules that were tested: the same bytes each time, signed as the kernel's sign-file does, and what apt makes of it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { plainPath, readDeb } from '../../src/deb/deb.js';
import { signatureOf, withoutSignature } from '../../src/packaging/module-signature.js';
import { cli } from '../cli.js';
import { imageOf } from '../containers/own-docker.js';
import { makeDirectory, missing, sh } from '../support.js';
import { type Built, buildModules, inContainer, life, told } from './modules-life.js';

const folder = makeDirectory();
const target = 'debian-12';
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
/** Without and with a signature; the second run is a build of the same once more. */
let plain: Built;
let signed: Built;

beforeAll(async () => {
  if (missing('docker') !== '') return;
  sh(`openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 -subj '/CN=A test/' -keyout ${key} -out ${cert} 2> /dev/null`);
  plain = await buildModules(join(folder, 'plain'), target);
  signed = await buildModules(join(folder, 'signed'), target, '--sign-key', key, '--sign-cert', cert);
});

/** The modules of a package, by file name. */
async function modulesOf(path: string): Promise<Map<string, Buffer>> {
  const { data } = await readDeb(readFileSync(path), path);
  const modules = data.filter((entry) => entry.path.endsWith('.ko'));
  return new Map(modules.map((entry) => [plainPath(entry).replace(/^.*\//, ''), entry.body]));
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('two builds make the same modules, and the same package of them', async () => {
    const [one, other] = [await modulesOf(plain.modules), await modulesOf(signed.modules)];
    expect([...one.keys()].sort()).toEqual(['mst_pci.ko', 'mst_pciconf.ko']);
    for (const [name, module] of one) {
      expect(signatureOf(module)).toBeUndefined();
      expect(withoutSignature(other.get(name) ?? Buffer.alloc(0)).equals(module), name).toBe(true);
    }
  });

  test('openssl verifies what it signed, and finds a byte that was changed', async () => {
    for (const [name, module] of await modulesOf(signed.modules)) {
      writeFileSync(join(folder, 'signature'), signatureOf(module) ?? '');
      const verify = `openssl cms -verify -binary -inform DER -in signature -content content -certfile cert.pem -CAfile cert.pem -purpose any -out /dev/null`;
      writeFileSync(join(folder, 'content'), withoutSignature(module));
      sh(verify, { cwd: folder });
      writeFileSync(join(folder, 'content'), Buffer.concat([withoutSignature(module), Buffer.from('x')]));
      expect(() => sh(verify, { cwd: folder }), name).toThrow(/verif/i);
    }
  });

  test("the kernel's own sign-file makes the same bytes", async () => {
    const [one, other] = [await modulesOf(plain.modules), await modulesOf(signed.modules)];
    for (const [name, module] of one) {
      writeFileSync(join(folder, 'plain.ko'), module);
      const script =
        'cd /tmp; tar -x; /usr/lib/linux-kbuild-*/scripts/sign-file sha256 key.pem cert.pem plain.ko signed.ko; base64 -w 0 signed.ko';
      const run = `docker run --rm -i --network none ${await imageOf(target)} sh -ec '${script}'`;
      const text = sh(`tar -c plain.ko key.pem cert.pem | ${run}`, { cwd: folder });
      expect(Buffer.from(text, 'base64').equals(other.get(name) ?? Buffer.alloc(0)), name).toBe(true);
    }
  });

  test('apt installs, upgrades and removes it, and nothing is left', async () => {
    const output = await inContainer(target, { old: plain, now: signed }, life);
    const place = `/lib/modules/${signed.release}/updates/mft-patch`;
    expect(told(output), output).toEqual([
      ...[`installed ${place}/mst_pci.ko`, `installed ${place}/mst_pciconf.ko`, `vermagic ${signed.release}`],
      ...[`upgraded ${place}/mst_pci.ko`, 'signer A test', `after an upgrade of the kernel ${place}/mst_pci.ko`],
      'without its kernel: gone',
    ]);
  });

  test('it and the dkms package take the place of each other', async () => {
    const modules = `kernel-mft-modules-${signed.release}`;
    const both = ['kernel-mft-dkms', modules].map((name) => `echo "@${name} $(state ${name})"`).join('; ');
    const output = await inContainer(
      target,
      { old: plain, now: signed },
      `install ./kernel.deb ./dkms.deb; install ./new.deb; ${both}
      find /lib/modules/$release -name 'mst_pci.ko*' | sed 's/^/@/'
      dpkg -i ./dkms.deb > /dev/null 2>&1 && echo '@both'; install ./dkms.deb; ${both}
      find /lib/modules/$release -name 'mst_pci.ko*' | sed 's/^/@/'`,
    );
    const place = `/lib/modules/${signed.release}/updates`;
    expect(told(output), output).toEqual([
      ...['kernel-mft-dkms gone', `${modules} installed`, `${place}/mft-patch/mst_pci.ko`],
      ...['kernel-mft-dkms installed', `${modules} gone`, `${place}/dkms/mst_pci.ko`],
    ]);
  });

  test('its kernel must be there', async () => {
    const output = await inContainer(target, { old: plain, now: signed }, "install ./new.deb || echo '@refused'");
    expect(told(output)).toEqual(['refused']);
    expect(output).toMatch(/Depends: linux-image-\S+ but it is not installable/);
  });

  test('what cannot sign is found before anything is built', async () => {
    const out = join(folder, 'none');
    const other = join(folder, 'other.pem');
    const locked = join(folder, 'locked.pem');
    sh(`openssl genrsa -out ${other} 2048 2> /dev/null; openssl rsa -in ${key} -aes256 -passout pass:secret -out ${locked} 2> /dev/null`);
    const line = ['build', '--sample', '--kernel', target, '--modules', '--out', out];
    for (const [badKey, badCert, detail] of [
      [join(folder, 'no-file'), cert, /^no such file$/],
      [other, cert, /^openssl cannot sign with it: key values mismatch$|private key does not match certificate$/],
      [locked, cert, /password$/],
      [cert, cert, /Could not read signing key/],
      [key, key, /./],
    ] as const)
      await cli([...line, '--sign-key', badKey, '--sign-cert', badCert]).fails(
        3,
        { code: 'no-input', detail: expect.stringMatching(detail) },
        /^/,
      );
    expect(() => readFileSync(out)).toThrow(/ENOENT/);
  });

  test('SHA256SUMS and the record have it', async () => {
    const out = join(folder, 'signed');
    expect(sh('sha256sum -c --quiet SHA256SUMS', { cwd: out })).toBe('');
    const record = JSON.parse(readFileSync(signed.dkms.replace(/\.deb$/, '.build.json'), 'utf8'));
    expect(record.modules).toMatchObject([{ release: signed.release, signer: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(record.artifacts).toHaveLength(2);
  });

  test('lintian finds nothing in it', () => {
    mkdirSync(join(folder, 'lintian'));
    for (const { modules } of [plain, signed]) cpSync(modules, join(folder, 'lintian', modules.replace(/^.*\//, '')));
    const tags = sh('lintian --no-cfg --display-info --pedantic --tag-display-limit 0 --fail-on none --allow-root *.deb', {
      cwd: join(folder, 'lintian'),
    });
    // The sample's revision is 0sample.
    const known = /package-has-long-file-name|debian-revision-not-well-formed .*0sample/;
    expect(tags.split('\n').filter((tag) => tag !== '' && !known.test(tag))).toEqual([]);
  });
});
