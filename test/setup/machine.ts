/**
 * Makes the machine ready for the tests that take real tools for judges. On Debian and Ubuntu as root what is missing
 * is installed and started; elsewhere the tests that need it are skipped, with the reason printed. With CI=true
 * nothing may be missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { loadTargets } from '../../src/catalogue.js';
import type { EngineName } from '../../src/containers/engine.js';
import { openImages } from '../../src/containers/images.js';
import { resolveKernels } from '../../src/kernels/resolve.js';
import { testContext } from '../support.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Why the tests that need this cannot run; empty if they can. */
    missing: Record<'tools' | 'docker' | 'podman' | 'browser', string>;
    /** A folder that lives as long as the whole run, with `containers.conf` and `linux-source.tar.xz` in it. */
    folder: string;
  }
}

const packages =
  'apt-utils binutils chromium dpkg-dev fish gcc groff-base iproute2 libc6-dev libxml2-utils lintian make man-db mandoc mmdebstrap openssl patch python3 quilt shellcheck strace util-linux xz-utils zstd docker.io docker-registry gpg gpg-agent podman runc zsh'.split(
    ' ',
  );

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'mft-patch-tests-'));
  const isDebian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (isDebian) timed('installing packages', () => installPackages(packages));
  const programs =
    'dpkg-deb dpkg-parsechangelog gpg quilt patch ar gcc make python3 zstd xz lintian shellcheck xmllint fish groff man mandoc zsh'.split(
      ' ',
    );
  const tools = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  // Podman as it needs to be where limits are tight; a machine's own settings go first elsewhere.
  writeFileSync(
    join(folder, 'containers.conf'),
    '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]\n[engine]\nruntime = "runc"\n',
  );
  const stopDocker = isDebian ? await startDocker(folder) : async () => {};
  if (isDebian) timed('downloading a kernel source', () => downloadKernelSource(folder));
  const [docker, podman] = await Promise.all([prepareImages('docker', folder), prepareImages('podman', folder)]);
  const browser = spawnSync('which', ['chromium']).status === 0 ? '' : 'not installed: chromium';
  const missing = { tools: tools.length === 0 ? '' : `not installed: ${tools.join(', ')}`, docker, podman, browser };
  for (const [name, reason] of Object.entries(missing)) {
    if (reason === '') continue;
    console.warn(`tests that need ${name} are skipped: ${reason}`);
    if (process.env.CI === 'true') throw new Error(`CI=true, but ${name} is missing: ${reason}`);
  }
  project.provide('missing', missing);
  project.provide('folder', folder);
  return stopDocker;
}

function timed<T>(what: string, work: () => T): T {
  const start = performance.now();
  const done = () => console.log(`[set-up] ${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const result = work();
  if (result instanceof Promise) result.finally(done).catch(() => {});
  else done();
  return result;
}

/** Installs those of these packages of Debian that are missing. */
export function installPackages(names: readonly string[]): void {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own format
  const format = '${db:Status-Abbrev}';
  const missing = names.filter((name) => !/^ii/.test(spawnSync('dpkg-query', ['-W', '-f', format, name], { encoding: 'utf8' }).stdout));
  if (missing.length === 0) return;
  console.log(`[set-up] going to install with apt-get: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) console.warn(`apt-get ${args[0]} exits ${status}: ${stderr.slice(-500)}`);
  }
}

/** Starts dockerd if none answers. @returns what stops it again */
async function startDocker(folder: string): Promise<() => Promise<void>> {
  const answers = () => spawnSync('docker', ['version']).status === 0;
  if (answers()) return async () => {};
  const log = openSync(join(folder, 'dockerd.log'), 'w');
  // A pid file of its own: one that a killed daemon left behind would keep this one from starting.
  const daemon = spawn('dockerd', ['--pidfile', join(folder, 'docker.pid')], { stdio: ['ignore', log, log], detached: true });
  daemon.on('error', () => {});
  await timed('starting dockerd', async () => {
    for (let tries = 0; tries < 60 && !answers(); tries++) await setTimeout(500);
  });
  return async () => {
    const ended = new Promise((resolve) => daemon.on('exit', resolve));
    if (daemon.kill()) await Promise.race([ended, setTimeout(20_000, undefined, { ref: false })]);
  };
}

/** Debian's package of a kernel's source, for the kernels that no package brings ready to use. */
function downloadKernelSource(folder: string): void {
  const script = `apt-get download -qq linux-source-6.1 && dpkg-deb --fsys-tarfile linux-source-6.1*.deb |
    tar -xO ./usr/src/linux-source-6.1.tar.xz > linux-source.tar.xz && rm linux-source-6.1*.deb`;
  const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', script], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) console.warn(`no kernel source: ${stderr.slice(-500)}`);
}

/** Makes the images of the targets that are marked as tried with the engine. @returns why they cannot be had, or nothing */
async function prepareImages(engine: EngineName, folder: string): Promise<string> {
  const context = testContext({ offline: false, env: { ...process.env, CONTAINERS_CONF: join(folder, 'containers.conf') } });
  try {
    const images = await openImages({ engine, timeout: 1800, memory: '2g', processes: 2048, disk: '4g' }, context);
    const all = await loadTargets(testContext());
    const targets = all.filter(({ tried }) => tried.includes(engine));
    // One kernel from source, which several test files want.
    const kernelSource = join(folder, 'linux-source.tar.xz');
    if (engine === 'docker' && existsSync(kernelSource)) {
      const kernels = await resolveKernels({ kernelSource }, all);
      targets.push(...kernels.flatMap(({ target }) => target ?? []));
    }
    await Promise.all(targets.map((target) => timed(`${engine} image of ${target.name}`, () => images.ensure(target, context))));
    return '';
  } catch (error) {
    const { failure } = error as { failure?: unknown };
    return JSON.stringify(failure ?? String(error));
  }
}
