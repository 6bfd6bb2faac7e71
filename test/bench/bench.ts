/**
 * Measures what the README promises, each compared with something that runs beside it, since machines differ and are
 * noisy: `npm run bench` prints a table of ratios, by the clock and of processors. `npm run bench -- PART…` measures some of it: how
 * long commands take to start, build, fetch, verify, reuse of verdicts; and, only so, since it takes minutes, cold: a matrix
 * without images, and registry: the same with what a registry has. `--quick` runs three rounds instead of fifteen,
 * `--before DIR` measures the program of another checkout, too, which must be built, in the same rounds.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeBundles } from './bundles.js';
import { type Command, cli, directory, Measurements, plainModules, seconds, sh } from './measure.js';
import { measureReuse } from './reuse.js';
import { measureCold, measureRegistry } from './without-images.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' }, before: { type: 'string' } } });
const rounds = values.quick ? 3 : 15;
const out = join(directory, 'dist');
const measured = new Measurements(rounds, values.before && resolve(values.before));

function build(...args: string[]): Command {
  return [process.execPath, cli, 'build', '--no-verify', '--quiet', '--kernel', '5.18', '--out', out, ...args];
}

function sizeOf(name: string): string {
  return `${Math.round(statSync(join(directory, name)).size / 1e6)} MB`;
}

function measureBuild(): void {
  const bundles: [name: string, place: string, goal: number][] = [
    ['last.tgz', 'last', 0.8],
    ['first.tgz', 'first', 0.5],
  ];
  for (const [name, place, goal] of bundles)
    measured.compare(`build, ${sizeOf(name)} bundle, package ${place} / in shell`, {
      ours: build('--bundle', name),
      theirs: ['bash', 'by-hand.sh', name],
      goal,
    });
  measured.memory(`peak memory, ${sizeOf('last.tgz')} bundle`, build('--bundle', 'last.tgz'), 90);
  measured.memory(`peak memory, ${sizeOf('huge.tgz')} bundle`, build('--bundle', 'huge.tgz'), 90);
  const repack = build('--bundle', 'huge.tgz', '--repack-bundle', '--with-userland');
  measured.memory(`peak memory, ${sizeOf('huge.tgz')} bundle repacked`, repack, 150);
  compareWithModules('build --bundle first.tgz', build('--bundle', 'first.tgz'), rounds);
}

/** How long it takes until a command has something to say. */
function measureStart(): void {
  const commands: [line: string, goal: number][] = [
    ['--version', 1.2],
    ['--help', 1.2],
    ['plan --mft 4.22.0-417', 1.5],
  ];
  for (const [line, goal] of commands) {
    const ours: Command = [process.execPath, cli, ...line.split(' ')];
    // The first run keeps V8's code.
    seconds(ours);
    measured.compare(`mft-patch ${line} / node -e 0`, { ours, theirs: [process.execPath, '-e', '0'], goal, times: rounds * 2 });
    compareWithModules(line, ours, rounds * 2);
  }
}

/** The installed program beside the same as plain modules, which it should never be slower than. */
function compareWithModules(what: string, ours: Command, times: number): void {
  const theirs: Command = [process.execPath, plainModules, ...ours.slice(2)];
  measured.compare(`  mft-patch ${what} / as plain modules`, { ours, theirs, goal: 1, times });
}

async function measureFetch(): Promise<void> {
  const bundles: [name: string, goal: number, times: number][] = [
    ['last.tgz', 1.15, rounds],
    ['huge.tgz', 1.05, Math.min(rounds, 5)],
  ];
  for (const [name, goal, times] of bundles) {
    const server = `const fs = require('fs'); require('http').createServer((q, r) => { r.setHeader('content-length', fs.statSync('${name}').size); fs.createReadStream('${name}').pipe(r); }).listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
    const serving = spawn(process.execPath, ['-e', server], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<string>((resolve) => serving.stdout.once('data', (text) => resolve(String(text).trim())));
    const sum = sh(`sha256sum ${name}`).slice(0, 64);
    const fetch = `fetch --quiet --mft 9.9.9-1 --arch x86_64 --mirror http://127.0.0.1:${port} --sha256 ${sum} --cache-dir cache`;
    measured.compare(`fetch, ${sizeOf(name)} / curl and sha256sum`, {
      ours: ['bash', '-c', `rm -rf cache && exec ${process.execPath} ${cli} ${fetch}`],
      theirs: ['bash', '-c', `rm -f curled && curl -s -o curled http://127.0.0.1:${port}/x && sha256sum curled`],
      goal,
      times,
    });
    serving.kill();
  }
}

/** What verify has a package go through, without looking at anything. */
const life = `set -e
release=$(head -n 1 /etc/mft-patch-release)
headers=$(dpkg -S /lib/modules/$release/build /usr/lib/modules/$release/build 2> /dev/null | cut -d : -f 1)
export DEBIAN_FRONTEND=noninteractive
cp /in/in/package.deb /tmp
apt-get install -y --no-install-recommends /tmp/package.deb
/etc/kernel/postinst.d/dkms $release
dpkg-reconfigure $headers
apt-get remove -y kernel-mft-dkms
`;

/** Needs docker. */
function measureVerify(): void {
  mkdirSync(join(directory, 'in'));
  seconds(build('--sample'));
  const deb = readdirSync(out).find((name) => name.includes('sample') && name.endsWith('.deb')) ?? '';
  copyFileSync(join(out, deb), join(directory, 'in/package.deb'));
  const verify: Command = [process.execPath, cli, 'verify', 'in/package.deb', '--kernel', '6.1', '--quiet'];
  // The first run makes the image if it is missing.
  seconds(verify);
  const image = sh('docker images --format "{{.Repository}}:{{.Tag}}" mft-patch/debian-12 | head -n 1').trim();
  writeFileSync(join(directory, 'life.sh'), life);
  const bare = `docker run --rm --network none --volume ${directory}:/in:ro ${image} bash /in/life.sh > life.log 2>&1`;
  measured.compare('verify / the same life by hand, docker run … bash', { ours: verify, theirs: ['bash', '-c', bare], goal: 1.1 });
  const boot: Command = [...verify, '--boot'];
  seconds(boot);
  measured.longer('verify --boot / verify', { ours: boot, theirs: verify, goal: 15, times: Math.min(rounds, 3) });
  const four = ['debian-11', 'debian-12', 'debian-13', 'debian-13-backports'];
  const matrix: Command = [
    process.execPath,
    cli,
    'matrix',
    '--sample',
    '--kernel',
    four.join(),
    '--jobs',
    '2',
    '--fresh',
    '--quiet',
    '--out',
    out,
  ];
  seconds(matrix);
  const each = four.map((name) => `${process.execPath} ${cli} verify in/package.deb --kernel ${name} --quiet > /dev/null`).join(' && ');
  measured.compare('matrix, 4 kernels, 2 jobs / 4 verifies in turn', {
    ours: matrix,
    theirs: ['bash', '-c', each],
    goal: 0.55,
    times: Math.min(rounds, 5),
  });
}

const hasDocker = spawnSync('docker', ['version']).status === 0;
if (!hasDocker) console.log('verify, reuse, cold and registry are not measured: no docker');
/** @param isOnlyNamed whether it is left out where no part is named */
const isWanted = (part: string, isOnlyNamed = false) => (positionals.length === 0 ? !isOnlyNamed : positionals.includes(part));
if (isWanted('start')) measureStart();
if (isWanted('build') || isWanted('fetch')) await makeBundles();
if (isWanted('build')) measureBuild();
if (isWanted('fetch')) await measureFetch();
if (hasDocker && isWanted('verify')) measureVerify();
if (hasDocker && isWanted('reuse')) measureReuse(measured, Math.min(rounds, 3));
if (hasDocker && isWanted('cold', true)) await measureCold(measured);
if (hasDocker && isWanted('registry', true)) await measureRegistry(measured);
measured.print();
