/**
 * A package that means harm, in a real container: what it tries is refused, what it takes is limited, the verdict says what
 * happened, and the host is as before. What is refused here must succeed without the wall: that is tried first.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { KernelVerdict } from '../../src/documents/index.js';
import { makeDirectory, missing, runCli, sh } from '../support.js';
import { Bait, hostilePackage, hostileScript, hostState } from './hostile-host.js';
import { imageOf, missingOwnDocker, OwnDocker } from './own-docker.js';

const folder = makeDirectory();
const bait = new Bait(makeDirectory());
const survivor = `${bait.marker}-survivor`;
const swappiness = hostState(bait.folder, survivor).swappiness ?? '';
const connects = ['127.0.0.1', bait.bridge, 'localhost', 'abstract'].map((where) => `connect ${where}`);
const attempts = [
  ...[
    ...new Set(connects),
    'resolve',
    'sysrq',
    'sysctl',
    'memory-limit',
    'processes-limit',
    'mount',
    'disk',
    'device',
    'chroot',
    'secret',
    'folder',
  ],
  ...['docker.sock', 'environment', 'processes', 'userns', 'setuid', 'file-capability', 'report'],
];
let patched = '';

beforeAll(async () => {
  await bait.listen();
  const { stdout } = await runCli(['build', '--kernel', '6.1', '--sample', '--no-verify', '--json', '--out', folder]);
  patched = JSON.parse(stdout).artifacts[0].path;
});
afterAll(() => bait.end());

/** Verifies on debian-12, from the folder with the secret; the container must be gone then. */
async function verify(deb: string, engine: string, options: string[], env: NodeJS.ProcessEnv) {
  const common = ['--kernel', 'debian-12', '--engine', engine, '--json', '--cache-dir', join(folder, 'cache')];
  let pid: number | undefined;
  const onStart = (started?: number) => {
    pid = started;
  };
  const baited = { ...env, MFT_PATCH_BAIT: bait.marker };
  const { status, stdout } = await runCli(['verify', deb, ...common, ...options], { env: baited, cwd: bait.folder, onStart });
  expect(sh(`${engine} ps --all --format {{.Names}} | grep ^mft-patch-${pid}- || true`, { env })).toBe('');
  const verdict: KernelVerdict = JSON.parse(stdout).kernels[0];
  return { status, verdict, log: verdict.log === '' ? '' : readFileSync(verdict.log, 'utf8') };
}

/** What became of the attempts, by their names. */
function outcomes(log: string): Record<string, string> {
  return Object.fromEntries([...log.matchAll(/^([\w. -]+): (done|refused|running|\d+)/gm)].map(([, name, outcome]) => [name, outcome]));
}

const all = (outcome: string) => Object.fromEntries(attempts.map((name) => [name, outcome]));

async function seesNothing(env: NodeJS.ProcessEnv, engine: string): Promise<void> {
  bait.visits.length = 0;
  const deb = hostilePackage(patched, `${engine}-looks`, bait.look(String(Number(swappiness) + 1)));
  const { status, verdict, log } = await verify(deb, engine, [], env);
  expect(outcomes(log)).toMatchObject(all('refused'));
  expect(bait.visits).toEqual([]);
  // CHOWN (bit 0), DAC_OVERRIDE (1), FOWNER (3), SETGID (6), SETUID (7), and no way to more.
  const capabilities = Object.fromEntries([...log.matchAll(/^(Cap\w+|NoNewPrivs):\t(\w+)$/gm)].map(([, name, value]) => [name, value]));
  expect(capabilities).toMatchObject({
    CapPrm: '00000000000000cb',
    CapEff: '00000000000000cb',
    CapBnd: '00000000000000cb',
    NoNewPrivs: '1',
  });
  expect(log).not.toContain(`\n${bait.marker}`);
  // The package is a good one for all that, and its dkms.conf could not write into our report.
  expect({ status, verdict: verdict.status }, verdict.reason).toEqual({ status: 0, verdict: 'builds' });
}

describe.skipIf(missingOwnDocker() !== '')(`with a docker of our own (${missingOwnDocker() || 'it is there'})`, () => {
  let own: OwnDocker;
  let image = '';
  let before: ReturnType<typeof state>;
  const state = () => ({
    ...hostState(bait.folder, survivor),
    docker: own.docker('ps --all --quiet; docker network ls --quiet; docker volume ls --quiet'),
    // But for a name space that the daemon keeps for all containers without a network.
    mounts: sh(`grep -F ${own.folder} /proc/mounts | grep -v ^nsfs`),
  });
  const used = () => Number(sh(`df --output=used --block-size=1M ${own.folder} | tail -n 1`));
  const verdictOf = async (name: string, modes: string[], ...options: string[]) => {
    const deb = hostilePackage(patched, name, ...modes);
    const room = used();
    const start = performance.now();
    const { status, verdict, log } = await verify(deb, 'docker', options, own.env);
    // What it took of the disk is free again, but for a little that the daemon notes.
    expect(used() - room).toBeLessThan(10);
    return { ...verdict, status, log, time: performance.now() - start };
  };

  beforeAll(async () => {
    own = new OwnDocker(join(folder, 'own'), '4g');
    const [tag] = await Promise.all([imageOf('debian-12'), own.start()]);
    image = tag;
    own.bring(image);
    before = state();
  });
  afterEach(() => expect(state()).toEqual(before));
  afterAll(() => own.end());

  test('without the sandbox all that it attempts succeeds, and the listeners hear it', async () => {
    // Not --privileged, which fails where the machine itself lacks a capability.
    const rights = [
      ...['--network host --pid host --cap-add SYS_ADMIN --device-cgroup-rule "b *:* rmw"'],
      ...['seccomp', 'apparmor', 'systempaths'].map((wall) => `--security-opt ${wall}=unconfined`),
    ].join(' ');
    const files = `-v ${bait.folder}:${bait.folder}:ro -v ${own.folder}/d.sock:/var/run/docker.sock --env MFT_PATCH_BAIT=${bait.marker}`;
    // The value that is there already: it is a real host that it is written to.
    const script = hostileScript(bait.look(swappiness));
    const unlock = 'for place in /sys/fs/cgroup /sys/fs/cgroup/memory /sys/fs/cgroup/pids; do mount -o remount,rw,bind $place; done';
    const command = `${unlock} 2> /dev/null; cat > /look; bash /look 3> /dev/null`;
    const log = sh(`docker run --rm --interactive ${rights} ${files} ${image} bash -c '${command}'`, { env: own.env, input: script });
    // Nobody answers the question for the name; and some machines are themselves sandboxes.
    const here = { sysrq: existsSync('/proc/sysrq-trigger'), disk: bait.isDiskReadable() };
    const refused = ['resolve', ...Object.entries(here).flatMap(([name, isOpen]) => (isOpen ? [] : [name]))];
    expect(outcomes(log), log).toMatchObject({ ...all('done'), ...Object.fromEntries(refused.map((name) => [name, 'refused'])) });
    await setTimeout(200);
    expect(bait.visits).toEqual(
      expect.arrayContaining(['loopback', 'abstract', 'name server', ...(bait.bridge === '127.0.0.1' ? [] : ['bridge'])]),
    );
  });

  test('it reaches nobody, sees nothing of the host, changes nothing there and gains no rights', () => seesNothing(own.env, 'docker'));

  test('a process that it leaves behind ends with it, and is not waited for', async () => {
    const { status, log, time } = await verdictOf('outlives', [`outlive ${survivor}`]);
    expect(outcomes(log)).toMatchObject({ outlive: 'running' });
    expect({ status, isQuick: time < 50_000 }).toEqual({ status: 0, isQuick: true });
  });

  test('what is too much below is not by itself: the limits that are there without a flag let it pass', async () => {
    const modes = ['hang 6', 'fill 30', 'eat 500', 'fork 300 1', 'flood 1 x'];
    const { status, reason, log } = await verdictOf('greedy', modes);
    expect(outcomes(log)).toMatchObject({ hang: 'done', fill: '629145600', eat: 'done', fork: 'done' });
    expect({ status, reason }).toEqual({ status: 0, reason: undefined });
  });

  test.each([
    ['for ever', 'hang 100', '--timeout 5', /^the installation on debian-12 timed out after 5 s \(raise --timeout, or/],
    [
      'the disk',
      'fill 100',
      '--disk 300m',
      /^the container exceeded the disk limit \(300m\) and was killed \(raise the limit with --disk\)$/,
    ],
    ['the disk by many files', 'many 300 70', '--disk 300m', /^the container exceeded the disk limit \(300m\) and was killed/],
    ['memory', 'eat 500', '--memory 256m', /^out of memory: 1 processes were OOM-killed \(limit 256m, see --memory\)$/],
    ['processes', 'fork 300 100', '--processes 200', /^process limit reached \(200, see --processes\)$/],
    ['the output', 'flood 100 x', '', /^the container produced more than 64 MiB of output and was killed/],
  ])('it takes %s: %s is ended with %s', async (_, mode, options, reason) => {
    const verdict = await verdictOf(mode.replace(/\W+/g, '-'), [mode], ...options.split(' ').filter((word) => word !== ''));
    expect(verdict).toMatchObject({ status: 5, reason: expect.stringMatching(reason) });
    expect(verdict.time).toBeLessThan(100_000);
  });
});

describe.skipIf(missing('podman') !== '')(`with podman (${missing('podman') || 'it is there'})`, () => {
  const env = { ...process.env, CONTAINERS_CONF: join(inject('folder'), 'containers.conf') };

  test('it reaches nobody, sees nothing of the host, changes nothing there and gains no rights', async () => {
    const before = hostState(bait.folder, survivor);
    await seesNothing(env, 'podman');
    expect(hostState(bait.folder, survivor)).toEqual(before);
  });

  test.each([
    ['fill 100', '--disk 300m', /^the container exceeded the disk limit \(300m\) and was killed/],
    ['eat 500', '--memory 256m', /^out of memory: 1 processes were OOM-killed/],
    ['fork 300 100', '--processes 200', /^process limit reached \(200/],
  ])('%s is ended with %s', async (mode, options, reason) => {
    const deb = hostilePackage(patched, `podman-${mode.replace(/\W+/g, '-')}`, mode);
    const { status, verdict } = await verify(deb, 'podman', options.split(' '), env);
    expect({ status, reason: verdict.reason }).toEqual({ status: 5, reason: expect.stringMatching(reason) });
  });
});
