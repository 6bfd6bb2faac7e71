/** verify --here: as a user, in containers that stand in for machines with dkms and headers, and have no container engine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { VerifyDocument } from '../../src/documents/index.js';
import { emptyHome, installPacked } from '../installed.js';
import { makeDirectory, missing, runCli, sample, sh } from '../support.js';
import { imageOf, inContainer, partsOf } from '../upgrades/in-container.js';

const folder = makeDirectory();
const [app, vendor] = ['app.tar', 'vendor.deb'].map((name) => join(folder, name)) as [string, string];
let patched = '';

/** What a machine's user types, with what is there before and after, and each exit code. */
const script = `set -u
mkdir /app /home/user && chown nobody /home/user && tar -x -C /app -f /in/app.tar && chmod -R a+rX /app /in
R=$(ls /lib/modules)
run() { env HOME=/home/user setpriv --reuid 65534 --regid 65534 --clear-groups /in/node /app/node_modules/mft-patch/build/cli.js verify "$@" --here --json; echo "exit $?"; }
snapshot() { find /boot /etc /lib/modules /usr /var -xdev -printf '%p %y %s %T@ %C@\\n' | sort; }
snapshot > /before
echo '== release'; echo "$R"
echo '== patched'; run /in/patched.deb --kernel "$R"
echo '== vendor'; run /in/vendor.deb --kernel "$R"
echo '== missing'; run /in/vendor.deb --kernel 9.9.9-none
echo '== changed'; snapshot | diff /before - | head -n 20
echo '== left'; ls /tmp
echo '== root'; /in/node /app/node_modules/mft-patch/build/cli.js verify /in/vendor.deb --here --kernel "$R" --json; echo "exit $?"
`;

const documentOf = <T>(part: string | undefined) => ({
  exit: Number(/^exit (\d+)$/m.exec(part ?? '')?.[1] ?? -1),
  document: JSON.parse((part ?? '').replace(/^exit \d+$/m, '')) as T,
});

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  beforeAll(async () => {
    writeFileSync(vendor, (await sample()).deb);
    sh(`tar -C '${installPacked(emptyHome())}' -cf ${app} .`);
    const { stdout } = await runCli(['build', '--sample', '--no-verify', '--out', join(folder, 'dist'), '--json']);
    patched = JSON.parse(stdout).artifacts[0].path;
  });

  test.each(['debian-12', 'debian-13'])('%s: builds and installs, names what is broken, and leaves the machine as it was', (target) => {
    const files = { 'app.tar': app, node: process.execPath, 'vendor.deb': vendor, 'patched.deb': patched };
    const parts = partsOf(inContainer(imageOf(target), files, script));
    const good = documentOf<VerifyDocument>(parts.patched);
    expect(good, parts.patched).toMatchObject({
      exit: 0,
      document: { kernels: [{ target: 'here', release: parts.release, status: 'builds' }] },
    });
    const [verdict] = good.document.kernels;
    expect(verdict).toMatchObject({ steps: { builds: true, installs: true }, patches: ['dma-unmap', 'unlocked-ioctl'] });
    expect(verdict?.modules.map(({ name, file }) => [name, file.startsWith(`/lib/modules/${parts.release}/`)])).toEqual([
      ['mst_pci', true],
      ['mst_pciconf', true],
    ]);
    expect(verdict?.notTested).toEqual([expect.stringContaining('apt')]);
    expect(verdict?.on).toMatchObject({
      engine: expect.stringMatching(/^dkms 3\./),
      image: expect.stringMatching(/^this machine, Debian/),
    });
    expect(documentOf<VerifyDocument>(parts.vendor), parts.vendor).toMatchObject({
      exit: 1,
      document: { kernels: [{ status: 'fails', failedStep: 'builds', reason: expect.stringContaining('pci_unmap_single') }] },
    });
    expect(documentOf(parts.missing)).toMatchObject({ exit: 3, document: { code: 'no-input', path: '/lib/modules/9.9.9-none/build' } });
    expect(documentOf(parts.root)).toMatchObject({ exit: 2, document: { code: 'usage' } });
    expect({ changed: parts.changed, left: parts.left }).toEqual({ changed: '', left: '' });
  });
});
