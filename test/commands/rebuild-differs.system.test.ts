import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RebuildDocument } from '../../src/documents/index.js';
import { built, edit, run, withArtifact } from '../output/records.js';
import { changedProgram } from '../packaging/packages.js';
import { missing, runCli, sh } from '../support.js';

/** What differs in one of the places that are compared. */
const whats = (differences: RebuildDocument['differences'], place: string) =>
  differences.filter(({ of }) => of === place).map(({ what }) => what);

describe('rebuild says what differs, with exit 1:', () => {
  test.each([
    ['digest', { sha256: '0'.repeat(64) }, /^SHA-256 [0-9a-f]{64}, 0{64} in the record$/],
    ['size', { bytes: 7 }, /^\d+ bytes, 7 in the record$/],
    ['name', { path: 'other.deb' }, /^the name is kernel-mft-dkms_.*deb$/],
  ])('the %s in the record', async (_, change, what) => {
    const { record } = await built('--sample');
    edit(record, withArtifact(change));
    const { exit, status, differences } = await run(['rebuild', record]);
    expect({ exit, status }).toEqual({ exit: 1, status: 'differs' });
    expect(differences[0]).toEqual({ of: 'package', what: expect.stringMatching(what) });
  });

  test('a patch that is gone, and one that was changed; the package is not made then', async () => {
    const { record, name } = await built('--sample', 'nnt');
    const program = changedProgram("sed -i /ccflags/d patches/series && sed -i 's/^Symptom: /&now /' patches/kernel-variable.patch");
    const { status, stdout, stderr } = await runCli(['rebuild', record], { program });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^warning: patches\/series has no serial number for these patches; .*\n$/),
    });
    expect(stdout.replaceAll(/[0-9a-f]{64}/g, 'HEX')).toBe(
      `${name}: differs from the record\n\npatches inside it, so that it cannot be rebuilt:\n` +
        '  kernel-variable has SHA-256 HEX now, HEX in the record\n  ccflags is no longer in the series\n',
    );
  });

  test.skipIf(missing('tools') !== '')('the file beside the record, by fields and files', async () => {
    const { record, deb, out } = await built('--sample');
    sh(
      `dpkg-deb -R '${deb}' x; cd x; sed -i 's/^Version: /&9/; /^Maintainer/a Evil: yes' DEBIAN/control; echo : >> DEBIAN/postinst
      echo >> usr/src/kernel-mft-dkms-4.15.1/mst_pci.c; chmod 755 usr/src/kernel-mft-dkms-4.15.1/Makefile
      rm usr/src/kernel-mft-dkms-4.15.1/driver_common.h; echo > usr/more; cd ..; dpkg-deb -Zxz -b x '${deb}' 2>&1`,
      { cwd: out },
    );
    const { status, differences } = await run(['rebuild', record]);
    expect(status).toBe('differs');
    expect(whats(differences, 'file')).toEqual([expect.stringMatching(/^\d+ bytes, /), expect.stringMatching(/^SHA-256 /)]);
    const contents = whats(differences, 'content');
    expect(contents).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^control: the field version is '94\.15\.1-0sample.*', '4\.15\.1-0sample.*' when rebuilt$/),
        "control: the field evil is 'yes', '' when rebuilt",
        'control: postinst: other content',
        'usr/src/kernel-mft-dkms-4.15.1/driver_common.h: not in the file',
        'usr/src/kernel-mft-dkms-4.15.1/mst_pci.c: other content',
        'usr/src/kernel-mft-dkms-4.15.1/Makefile: other kind, mode, owner or time',
        'usr/more: only in the file',
      ]),
    );
    expect(contents.join()).not.toMatch(/mst_pciconf|dkms\.conf|prerm/);
  });

  test('a byte of that file, wherever it is', async () => {
    const { record, deb } = await built('--sample');
    const good = readFileSync(deb);
    for (let at = 3; at < good.length; at += Math.floor(good.length / 12)) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      writeFileSync(deb, changed);
      const { status, differences } = await run(['rebuild', record]);
      expect({ at, status }).toEqual({ at, status: 'differs' });
      expect([whats(differences, 'file').length, whats(differences, 'content').length > 0]).toEqual([1, true]);
    }
  });

  test('what lies there in the place of a package is not read', async () => {
    const { record, deb } = await built('--sample');
    truncateSync(deb, 33 * 1024 * 1024);
    expect(await run(['rebuild', record])).toMatchObject({ exit: 3, code: 'no-input', path: deb });
    rmSync(deb);
    symlinkSync('/etc/passwd', deb);
    expect(await run(['rebuild', record])).toMatchObject({ exit: 3, code: 'no-input', detail: 'is not a regular file' });
  });
});
