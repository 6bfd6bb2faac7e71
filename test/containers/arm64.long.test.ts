/**
 * Kernels of arm64 on a machine of amd64: real packages, dkms and compilers, emulated; QEMU boots the kernel. It installs what
 * emulates, if that is missing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MatrixDocument } from '../../src/documents/index.js';
import { makeDirectory, missing, runCli, sample, sh, writeFiles } from '../support.js';
import { altered } from './own-docker.js';

const folder = makeDirectory();
const cache = join(folder, 'cache');
const isNative = process.arch === 'arm64';

beforeAll(() => {
  if (isNative) return;
  sh(
    'command -v qemu-aarch64-static && command -v arch-test || apt-get install -y --no-install-recommends mmdebstrap arch-test qemu-user-static binfmt-support',
  );
  sh('mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc');
  sh('test -e /proc/sys/fs/binfmt_misc/qemu-aarch64 || update-binfmts --enable qemu-aarch64');
});

async function matrix(out: string, args: string[]): Promise<{ status: number | null; stderr: string; document: MatrixDocument }> {
  const common = ['--arch', 'arm64', '--engine', 'docker', '--jobs', '1', '--timeout', '3600', '--json', '--cache-dir', cache];
  const { status, stdout, stderr } = await runCli(['matrix', ...args, ...common, '--out', join(folder, out)]);
  return { status, stderr, document: JSON.parse(stdout) };
}

/** What is of the architecture of the machine, in what came out of a container. */
function amd64In(text: string): string[] {
  return text.split('\n').filter((line) => /amd64|x86[_-]64/i.test(line));
}

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  const current = ['debian-12', 'debian-12-backports', 'debian-13', 'debian-13-backports', 'debian-sid'];
  // The archive of security fixes has lost packages of bullseye for arm64; with a mirror it is not asked.
  const ofMirror = () => ['--apt-mirror', sh("apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n 1").trim()];
  const old = ['debian-11'];

  test.each([
    ['flat', current],
    ['nnt-4.26', current],
    ['flat', old],
    ['nnt-4.26', old],
  ])('the sample %s builds and its drivers work on %j', { timeout: 10_800_000 }, async (name, targets) => {
    const kernels = ['--kernel', targets.join(), ...(targets === old ? ofMirror() : [])];
    const { status, stderr, document } = await matrix(`${name}-${targets[0]}`, ['--sample', name, '--boot', ...kernels]);
    expect(
      document.cells.map(({ target, patched }) => [target, patched.status, patched.works, patched.reason]),
      stderr,
    ).toEqual(targets.map((target) => [target, 'builds', 'works', undefined]));
    expect(status).toBe(0);
    for (const { release, patched } of document.cells) {
      expect(release).toMatch(/-arm64$/);
      expect(patched.on).toMatchObject({ architecture: 'arm64', ...(isNative ? {} : { emulatedOn: 'amd64' }) });
      expect(amd64In(readFileSync(patched.log, 'utf8'))).toEqual([]);
    }
    // The third module is built on arm64 alone, and broke with 6.11.
    if (name === 'nnt-4.26' && targets === current) {
      const newest = document.cells.at(-1);
      expect(newest?.patches).toContain('livefish-remove');
      expect(readFileSync(newest?.patched.log ?? '', 'utf8')).toContain('bf3_livefish.ko');
    }
  });

  test('without the patch the module that is for arm64 alone fails from 6.11 on, and the compiler says why', {
    timeout: 3_600_000,
  }, async () => {
    const { document } = await matrix('vendor', ['--sample', 'nnt-4.26', '--baseline', '--kernel', 'debian-12,debian-13']);
    expect(document.cells.map(({ target, vendor }) => [target, vendor?.status])).toEqual([
      ['debian-12', 'builds'],
      ['debian-13', 'fails'],
    ]);
    expect(document.cells[1]?.vendor?.reason).toMatch(/incompatible[- ]pointer[- ]type/);
  });

  test('a driver without an ioctl handler is found out there, too', { timeout: 3_600_000 }, async () => {
    writeFiles(folder, { 'vendor.deb': (await sample()).deb });
    const deb = altered(join(folder, 'vendor.deb'), 'dead', 'true');
    const line = `verify ${deb} --kernel debian-11 --boot --arch arm64 --timeout 3600 --json --engine docker`;
    const { status, stdout } = await runCli([...line.split(' '), ...ofMirror(), '--cache-dir', cache]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).kernels[0]).toMatchObject({ status: 'fails', failedStep: 'works' });
  });
});
