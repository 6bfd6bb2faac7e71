/** Which engine is used, and what it cannot test. The engines are stand-ins: they answer, refuse, or are of another architecture. */
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeDirectory, runCli, sample, sh, writeFiles } from '../support.js';

const folder = makeDirectory();

/** Notes its calls; where it is said to, it answers as an engine without images. */
const standIn = (name: string, answer: string) => `#!/bin/bash
echo "$*" >> "$STATE/${name}"
case "$*" in
	'context show') echo "\${DOCKER_CONTEXT:-$CONTEXT}"; exit 0 ;;
	version*|info*) ${answer} ;;
	'image ls'*) exit 0 ;;
esac
exit 1
`;
const dead = 'echo "Cannot connect to the Docker daemon" >&2; exit 1';
const alive = 'echo "4.9.1 amd64"; exit 0';

beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  writeFiles(folder, { 'state/.keep': '', 'vendor.deb': (await sample()).deb });
});

async function run(args: string[], engines: Record<string, string>, env: NodeJS.ProcessEnv = {}) {
  for (const [name, answer] of Object.entries(engines)) {
    writeFiles(folder, { [`bin/${name}`]: standIn(name, answer) });
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  const { status, stdout, stderr } = await runCli([...args, '--json', '--cache-dir', join(folder, 'cache')], {
    cwd: folder,
    env: { ...process.env, CONTEXT: 'default', ...env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STATE: join(folder, 'state') },
  });
  return { status, stderr, document: JSON.parse(stdout) };
}
const callsOf = (name: string) => (existsSync(join(folder, 'state', name)) ? readFileSync(join(folder, 'state', name), 'utf8') : '');

describe('an engine that does not answer', () => {
  test('has the other one take its place where no address is set, and the output names that', async () => {
    const { status, document } = await run(['image', 'ls'], { docker: dead, podman: alive });
    expect({ status, document }).toMatchObject({ status: 0, document: { engine: 'podman' } });
  });

  test.each([
    ['DOCKER_HOST=tcp://127.0.0.1:9', { DOCKER_HOST: 'tcp://127.0.0.1:9' }],
    ['DOCKER_CONTEXT=remote', { DOCKER_CONTEXT: 'remote' }],
    ['docker context work', { CONTEXT: 'work' }],
  ])('with %s set is not replaced, and the error says what was set and what it answered', async (address, env) => {
    const { status, document } = await run(['image', 'ls'], { docker: dead, podman: alive }, env);
    expect(status).toBe(5);
    expect(document).toMatchObject({
      code: 'no-engine',
      tried: [{ engine: 'docker', detail: `${address}: Cannot connect to the Docker daemon` }],
    });
    expect(document.hint).toContain(address);
    expect(callsOf('podman')).toBe('');
  });

  test('CONTAINER_HOST means podman, and docker is not asked', async () => {
    const env = { CONTAINER_HOST: 'unix:///nowhere.sock' };
    const { document } = await run(['image', 'ls'], { docker: alive, podman: dead }, env);
    expect(document.tried).toEqual([
      { engine: 'podman', detail: 'CONTAINER_HOST=unix:///nowhere.sock: Cannot connect to the Docker daemon' },
    ]);
    expect(callsOf('docker')).toBe('');
    expect((await run(['image', 'ls'], { podman: alive }, env)).document).toMatchObject({ engine: 'podman' });
  });
});

// Of an architecture that no machine emulates for us.
describe('on an engine of amd64', () => {
  const engines = { docker: alive };

  test('a kernel of ppc64el is not verified as amd64: it is an error, by verify, matrix and build', async () => {
    const reason = /^kernel 6\.1\.0-56-powerpc64le is for ppc64el, and docker runs amd64 containers here: it cannot be tested/;
    const verified = await run(['verify', 'vendor.deb', '--kernel', '6.1.0-56-powerpc64le'], engines);
    expect(verified).toMatchObject({ status: 5, document: { kernels: [{ status: 'error', reason: expect.stringMatching(reason) }] } });
    const matrix = await run(['matrix', '--sample', '--kernel', '6.1.0-56-powerpc64le', '--out', 'out'], engines);
    expect(matrix).toMatchObject({
      status: 5,
      document: { cells: [{ patched: { status: 'error', reason: expect.stringMatching(reason) } }] },
    });
    const built = await run(['build', '--sample', '--kernel', '6.1.0-56-powerpc64le', '--out', 'out'], engines);
    expect(built).toMatchObject({
      status: 0,
      document: { verification: { status: 'skipped', reason: expect.stringMatching(reason), kernels: [] } },
    });
    expect(await run(['build', '--sample', '--kernel', '6.1.0-56-powerpc64le', '--out', 'out', '--verify'], engines)).toMatchObject({
      status: 5,
    });
    expect(callsOf('docker')).not.toMatch(/^(run|build|pull)/m);
  });

  test('two kernels that differ by their architecture are two', async () => {
    const { document } = await run(['verify', 'vendor.deb', '--kernel', '6.1.0-56-amd64,6.1.0-56-powerpc64le', '--offline'], engines);
    expect(document.kernels.map(({ reason }: { reason: string }) => reason)).toEqual([
      expect.stringContaining('--offline is set'),
      expect.stringContaining('is for ppc64el'),
    ]);
  });

  test('a package of ppc64el, and one from a bundle of ppc64le, are not verified', async () => {
    sh(`dpkg-deb -R vendor.deb x && sed -i 's/^Architecture: .*/Architecture: ppc64el/' x/DEBIAN/control && dpkg-deb -b x power.deb`, {
      cwd: folder,
    });
    const refused = { code: 'engine-failed', detail: expect.stringContaining('is for ppc64el, and docker runs amd64') };
    expect(await run(['verify', 'power.deb', '--kernel', 'debian-12'], engines)).toMatchObject({ status: 5, document: refused });
    sh('mkdir -p mft/DEBS && cp vendor.deb mft/DEBS/kernel-mft-dkms_4.20.1-0sample_all.deb && tar -czf mft-4.20.1-14-ppc64le-deb.tgz mft', {
      cwd: folder,
    });
    const bundle = ['mft-4.20.1-14-ppc64le-deb.tgz', '--kernel', 'debian-12', '--out', 'out'];
    expect(await run(['matrix', ...bundle], engines)).toMatchObject({ status: 5, document: refused });
    expect(await run(['build', ...bundle], engines)).toMatchObject({
      status: 0,
      document: { verification: { status: 'skipped', reason: expect.stringContaining('-ppc64le-deb.tgz is for ppc64el') } },
    });
  });
});
