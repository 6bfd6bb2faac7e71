import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDeb, writeDeb } from '../../src/deb/deb.js';
import { withBody } from '../../src/deb/tar.js';
import { makeDirectory, missing, runCli, sample, sh } from '../support.js';
import { changedPackage, source } from './packages.js';

const setVersion = (version: string) => `sed -i 's/^Version:.*/Version: ${version}/' DEBIAN/control`;
const folder = makeDirectory();
const build = (deb: string, out: string) => runCli(['build', '--deb', deb, '--kernel', '5.18', '--no-verify', '--out', out, '--json']);

describe.skipIf(missing('tools') !== '')('a package that is not for us is exit 3 with words, and nothing is written:', () => {
  test.concurrent.each([
    ['without dkms.conf', `rm ${source}/dkms.conf`, 'package-unfit', 'contains no usr/src/*/dkms.conf'],
    ['with dkms.conf as a link', `ln -sf mst_pci.c ${source}/dkms.conf`, 'package-unfit', 'contains no usr/src/*/dkms.conf'],
    ['with two of them', `cp -a ${source} usr/src/other-1`, 'package-unfit', 'usr/src/other-1/dkms.conf'],
    ['with a day for a version', setVersion('20220702-1'), 'package-unfit', "'20220702' is not an MFT version"],
    ['with two numbers for a version', setVersion('4.20-1'), 'package-unfit', "'4.20' is not an MFT version"],
    ['with a word for a version', setVersion('new'), 'package-unfit', "'new' is not a Debian version"],
    ['with a slash in its version', setVersion('4.20.1-1\\/..\\/x'), 'package-unfit', 'is not a Debian version'],
    ['without a version', "sed -i '/^Version:/d' DEBIAN/control", 'package-damaged', 'missing field Version'],
    ['with a device', `mknod ${source}/sda b 8 0`, 'package-unfit', 'is a block-device'],
  ])('%s', async (title, commands, code, words) => {
    const deb = await changedPackage(commands);
    const out = join(folder, title);
    const { status, stdout, stderr } = await build(deb, out);
    const document = JSON.parse(stdout);
    expect({ status, ...document }).toMatchObject({ status: 3, code, path: deb, detail: expect.stringContaining(words) });
    expect(stderr).toBe(`mft-patch: ${document.message}\n  ${document.hint}\n`);
    expect(existsSync(out)).toBe(false);
  });
});

test('an architecture that is a path does not lead out of the folder', async () => {
  const { deb } = await sample();
  const value = await readDeb(deb, 'sample.deb');
  for (const architecture of ['all/../../evil', '../../evil', 'a/b']) {
    const control = value.control.map((entry) =>
      entry.path === './control'
        ? withBody(entry, Buffer.from(entry.body.toString().replace(/^Architecture:.*/m, `Architecture: ${architecture}`)))
        : entry,
    );
    const path = join(folder, 'evil.vendor');
    writeFileSync(path, await writeDeb({ ...value, control }));
    const { status, stdout } = await build(path, join(folder, 'deep/out'));
    expect({ architecture, status, code: JSON.parse(stdout).code }).toMatchObject({ status: 3, code: expect.stringMatching(/^package-/) });
    expect(sh('find . -name "*evil*" ! -name evil.vendor; find . -path "./deep*"', { cwd: folder })).toBe('');
  }
});

describe.skipIf(missing('tools') !== '')('the version that comes out', () => {
  test.concurrent.each(['4.20.1-14', '4.20.1', '4.20.1.3-1', '1:4.20.1-14'])(
    'of %s is higher, with nothing new before its first dash',
    async (version) => {
      const deb = await changedPackage(`${setVersion(version)} && sed -i 's/x/x/' DEBIAN/control`);
      const { status, stdout } = await build(deb, join(folder, `version-${version.replace(':', '-')}`));
      // A version whose source folder the vendor's postinst would not find may as well be refused.
      if (status === 3) return expect(version).toBe('4.20.1');
      const made = sh(`dpkg-deb -f "${JSON.parse(stdout).artifacts[0].path}" Version`).trim();
      expect(made.replace(/-.*/, '')).toBe(version.replace(/-.*/, ''));
      expect(made).toMatch(/-[^-]*\+mftpatch\.baked\d{10}\.g[0-9a-f]{7}$/);
      sh(`dpkg --compare-versions ${made} gt ${version}`);
    },
  );
});
