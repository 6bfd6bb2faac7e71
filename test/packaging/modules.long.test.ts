/** The package of modules on every target that CI has; that of debian-12 is looked at closely in modules.system.test.ts. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeDirectory, missing } from '../support.js';
import { buildModules, inContainer, life, told } from './modules-life.js';

const folder = makeDirectory();

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test.each(['debian-11', 'debian-12-backports', 'debian-13', 'debian-13-backports', 'debian-sid'])('%s', async (target) => {
    const old = await buildModules(join(folder, target, 'old'), target, '--max-kernel', '99.9');
    const now = await buildModules(join(folder, target, 'now'), target);
    const output = await inContainer(target, { old, now }, life);
    const place = `/lib/modules/${now.release}/updates/mft-patch`;
    expect(
      told(output).map((line) => line.replace('/usr/lib/', '/lib/')),
      output,
    ).toEqual([
      ...[`installed ${place}/mst_pci.ko`, `installed ${place}/mst_pciconf.ko`, `vermagic ${now.release}`],
      ...[`upgraded ${place}/mst_pci.ko`, 'signer ', `after an upgrade of the kernel ${place}/mst_pci.ko`],
      'without its kernel: gone',
    ]);
  });
});
