/** The modules on the kernels that they were built for: real kernels in QEMU, in the containers of the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { runScript, textsOf } from '../../src/containers/container.js';
import { findImage } from '../../src/containers/image.js';
import { openImages } from '../../src/containers/images.js';
import { fileEntry } from '../../src/deb/tar.js';
import type { MatrixDocument, VerifyDocument } from '../../src/documents/index.js';
import { judgeBoot } from '../../src/verify/judge-boot.js';
import { failureOf, makeDirectory, missing, projectRoot, runCli, sh, testContext } from '../support.js';

const folder = makeDirectory();
const cache = join(folder, 'cache');

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('the patched modules load, answer as they must and unload, twice, on each kernel', async () => {
    // The oldest and the newest; the workflow's test boots others, and `npm run test:long` all of them.
    const targets = ['debian-11', 'debian-13-backports'];
    const args = ['matrix', '--sample', '--universal', '--boot', '--engine', 'docker', '--kernels', targets.join(), '--json'];
    const { status, stdout, stderr } = await runCli([...args, '--out', join(folder, 'matrix'), '--cache-dir', cache]);
    const { cells } = JSON.parse(stdout) as MatrixDocument;
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(cells.map(({ target, patched }) => [target, patched.status, patched.loads, patched.works])).toEqual(
      targets.map((target) => [target, 'builds', 'loads', 'works']),
    );
    const record = JSON.parse(readFileSync((cells[0]?.patched.artifact ?? '').replace(/\.deb$/, '.build.json'), 'utf8'));
    for (const { steps, boot, release } of record.verification.kernels as VerifyDocument['kernels']) {
      expect(steps).toMatchObject({ builds: true, installs: true, loads: true, works: true });
      expect(boot).toMatchObject({ status: 'loads', works: true, notTested: [], accel: expect.stringMatching(/^(kvm|tcg)$/) });
      expect(boot?.modules.map(({ name, loaded, unloaded, generation }) => [name, loaded, unloaded, generation])).toEqual([
        ['mst_pci', 2, 2, 'flat'],
        ['mst_pciconf', 2, 2, 'flat'],
      ]);
      for (const module of boot?.modules ?? []) {
        expect(module.devices[0]).toMatch(new RegExp(`^\\d+ ${module.name}$`));
        expect(module.questions).toHaveLength(5);
        for (const { expected, answer } of module.questions ?? []) expect(answer).toBe(expected);
      }
      const read = boot?.modules.flatMap(({ questions = [] }) => questions).filter(({ question }) => /PARAMS|READ4/.test(question));
      expect(read?.map(({ answer }) => answer)).toEqual([expect.stringMatching(/^0x[0-9a-f]+ 0x100000$/), '0x11e81234']);
      expect(readFileSync(boot?.console ?? '', 'utf8')).toContain(`mft-patch: init ${release}`);
    }
  }, 600_000);

  test('a boot image is of the image that was built in, not of its name, and boots no other kernel', async () => {
    const context = testContext({ cacheDir: cache, offline: false });
    const limits = { memory: '2g', processes: 2048, disk: '4g' };
    const images = await openImages({ ...limits, engine: 'docker', timeout: 1800 }, context);
    const target = (await loadTargets(testContext())).find(({ name }) => name === 'debian-11') ?? expect.fail('no debian-11');
    const image = await images.ensure(target, context);
    // What a rebuild does: another image under the same name.
    const rebuilt = async (label: string) => {
      sh(`printf 'FROM ${image.tag}\nLABEL ${label}\n' | docker build --quiet --tag mft-patch/rebuilt:test -`);
      const made = (await findImage(images.engine, 'mft-patch/rebuilt:test', context)) ?? expect.fail('it was not built');
      return JSON.stringify(await failureOf(() => images.ensureBoot(made, target, { ...context, offline: true })));
    };
    const wanted = [
      await rebuilt('mft-patch.test=1'),
      await rebuilt('mft-patch.test=2'),
      await rebuilt('mft-patch.release=5.10.0-99-amd64'),
    ];
    sh('docker rmi mft-patch/rebuilt:test');
    expect(new Set(wanted.map((failure) => /mft-patch\/debian-11-boot:[0-9a-f]{12}/.exec(failure)?.[0])).size).toBe(3);

    const boot = await images.ensureBoot(image, target, context);
    const files = [
      fileEntry('verify/boot.sh', readFileSync(join(projectRoot, 'container/boot.sh'))),
      fileEntry('verify/release', Buffer.from('5.10.0-99-amd64')),
    ];
    const run = { engine: images.engine, image: boot, files, command: '/verify/boot.sh 60', limits, onLine() {} };
    expect(judgeBoot(textsOf(await runScript(run, context)), ['mst_pci'])).toMatchObject({
      ...{ status: 'error', reason: `the boot image contains the kernel ${image.release}, but the modules are for 5.10.0-99-amd64` },
    });
  }, 300_000);

  test('the image that is booted is not the one that packages are installed in', () => {
    const labels = sh(`docker images --format '{{.Repository}}' | grep ^mft-patch/debian-11 | sort -u`).trim().split('\n');
    expect(labels).toEqual(['mft-patch/debian-11', 'mft-patch/debian-11-boot']);
    const plain = sh(
      `docker images --quiet mft-patch/debian-11 | xargs -n 1 -I{} docker run --rm --network none {} sh -c 'ls /boot; which qemu-system-x86_64 busybox || true'`,
    );
    expect(plain.trim()).toBe('');
  });
});
