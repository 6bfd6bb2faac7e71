/**
 * Measures what the README promises, each against something that runs beside it, since machines differ and are
 * noisy: `npm run bench` prints a table of ratios. `npm run bench -- --quick` takes three rounds instead of nine.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'build/cli.js');
const rounds = process.argv.includes('--quick') ? 3 : 9;
const folder = mkdtempSync(join(tmpdir(), 'mft-patch-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const sh = (script, cwd = folder) =>
  execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const out = join(folder, 'dist');
const build = (...args) => [process.execPath, cli, 'build', '--kernel', '5.18', '--no-verify', '--quiet', '--out', out, ...args];
const rows = [];

/** Seconds that a command takes; it must exit 0. */
function seconds([program, ...args]) {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Runs both in turn and notes the ratio of their medians. */
function compare(what, ours, theirs, goal, times = rounds) {
  const pairs = Array.from({ length: times }, () => [seconds(ours), seconds(theirs)]);
  const [a, b] = [median(pairs.map(([x]) => x)), median(pairs.map(([, x]) => x))];
  rows.push([what, `${a.toFixed(3)} s`, `${b.toFixed(3)} s`, `${(a / b).toFixed(2)} x`, `${goal} x`, a / b <= goal ? 'within' : 'OVER']);
}

/** Runs both in turn and notes how many seconds the first takes longer than the second. */
function longer(what, ours, theirs, goal, times) {
  const pairs = Array.from({ length: times }, () => [seconds(ours), seconds(theirs)]);
  const [a, b] = [median(pairs.map(([x]) => x)), median(pairs.map(([, x]) => x))];
  rows.push([what, `${a.toFixed(3)} s`, `${b.toFixed(3)} s`, `+${(a - b).toFixed(1)} s`, `+${goal} s`, a - b <= goal ? 'within' : 'OVER']);
}

/** Notes the peak memory of one run, as the process itself counts it. */
function memory(what, command, goal) {
  const report = "data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss='+process.resourceUsage().maxRSS))";
  const { stderr, status } = spawnSync(command[0], ['--import', report, ...command.slice(1)], { cwd: folder, encoding: 'utf8' });
  const peak = Number(/maxrss=(\d+)/.exec(stderr)?.[1]) / 1024;
  if (status !== 0 || !peak) throw new Error(`${what}: exit ${status}: ${stderr}`);
  rows.push([what, `${peak.toFixed(0)} MiB`, '', '', `${goal} MiB`, peak <= goal ? 'within' : 'OVER']);
}

/** Bundles as the vendor's: a package of 110 KB unpacked with xz members beside incompressible tools. */
function makeBundles() {
  sh(`${process.execPath} ${cli} build --kernel 5.10 --sample --no-verify --quiet --out plain > /dev/null`);
  sh(`dpkg-deb -R plain/*.deb tree
    sed -i 's/^Version:.*/Version: 4.20.1-14/' tree/DEBIAN/control
    for i in $(seq 20); do sed "s/mst_/mst\${i}_/" tree/usr/src/*/driver_common.c tree/usr/src/*/mst_pciconf.c tree/usr/src/*/driver_common.h > tree/usr/src/kernel-mft-dkms-4.20.1/filler$i.h; done
    (cd tree && find usr -type f | xargs md5sum > DEBIAN/md5sums)
    mkdir -p b/mft/DEBS b/mft/SDEBS
    dpkg-deb -Zxz -b tree b/mft/SDEBS/kernel-mft-dkms_4.20.1-14_all.deb
    head -c 30000000 /dev/urandom > b/mft/DEBS/mft_4.20.1-14_amd64.deb
    head -c 12000000 /dev/urandom > b/mft/DEBS/mft-oem_4.20.1-14_amd64.deb
    tar -C b -czf last.tgz mft/DEBS mft/SDEBS
    tar -C b -czf first.tgz mft/SDEBS mft/DEBS`);
  // A gigabyte: the tools again and again, with the package at the end.
  sh(`for i in $(seq 34); do cp b/mft/DEBS/mft_4.20.1-14_amd64.deb b/mft/DEBS/copy$i.deb; done
    tar -C b -cf - mft/DEBS mft/SDEBS | gzip -1 > huge.tgz`);
  writeFileSync(
    join(folder, 'by-hand.sh'),
    `set -e
    rm -rf hand && mkdir hand && tar xzf "$1" -C hand
    dpkg-deb -R hand/mft/SDEBS/*.deb hand/tree
    patch -s -p1 -d hand/tree/usr/src/kernel-mft-dkms-4.20.1 < ${root}patches/dma-unmap.patch
    sed -i 's/^Version: .*/&+byhand1/' hand/tree/DEBIAN/control
    (cd hand/tree && find usr -type f | xargs md5sum > DEBIAN/md5sums)
    dpkg-deb -b hand/tree hand/out.deb > hand/log
    sha256sum hand/out.deb > hand/SHA256SUMS\n`,
  );
}

makeBundles();
const size = (name) => `${Math.round(statSync(join(folder, name)).size / 1e6)} MB`;
compare(
  `build, ${size('last.tgz')} bundle, package last / in shell`,
  build('--bundle', 'last.tgz'),
  ['bash', 'by-hand.sh', 'last.tgz'],
  0.8,
);
compare(
  `build, ${size('first.tgz')} bundle, package first / in shell`,
  build('--bundle', 'first.tgz'),
  ['bash', 'by-hand.sh', 'first.tgz'],
  0.5,
);
memory(`peak memory, ${size('last.tgz')} bundle`, build('--bundle', 'last.tgz'), 150);
memory(`peak memory, ${size('huge.tgz')} bundle`, build('--bundle', 'huge.tgz'), 150);
memory(`peak memory, ${size('huge.tgz')} bundle repacked`, build('--bundle', 'huge.tgz', '--repack-bundle', '--with-userland'), 150);
compare('mft-patch --version / node -e 0', [process.execPath, cli, '--version'], [process.execPath, '-e', '0'], 1.5, rounds * 3);

const server = `const fs = require('fs'); require('http').createServer((q, r) => { r.setHeader('content-length', fs.statSync('last.tgz').size); fs.createReadStream('last.tgz').pipe(r); }).listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
const serving = spawn(process.execPath, ['-e', server], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
const port = await new Promise((resolve) => serving.stdout.once('data', (text) => resolve(String(text).trim())));
const sum = sh('sha256sum last.tgz').slice(0, 64);
compare(
  `fetch, ${size('last.tgz')} / curl and sha256sum`,
  [
    'bash',
    '-c',
    `rm -rf cache && exec ${process.execPath} ${cli} fetch --quiet --mft 9.9.9-1 --arch x86_64 --mirror http://127.0.0.1:${port} --sha256 ${sum} --cache-dir cache`,
  ],
  ['bash', '-c', `rm -f curled && curl -s -o curled http://127.0.0.1:${port}/x && sha256sum curled`],
  1.2,
);
serving.kill();

if (spawnSync('docker', ['version']).status === 0) {
  mkdirSync(join(folder, 'in'));
  sh(`${build('--sample').join(' ')} > /dev/null`);
  const deb = readdirSync(out).find((name) => name.includes('sample') && name.endsWith('.deb'));
  copyFileSync(join(out, deb), join(folder, 'in/package.deb'));
  const verify = [process.execPath, cli, 'verify', 'in/package.deb', '--kernel', '6.1', '--quiet'];
  seconds(verify); // makes the image, should it be missing
  const image = sh('docker images --format "{{.Repository}}:{{.Tag}}" mft-patch/debian-12 | head -n 1').trim();
  const bare = `docker run --rm -i --network none ${image} sh -c 'cat > /package.deb && dpkg -i /package.deb' < in/package.deb`;
  compare('verify / docker run … dpkg -i', verify, ['bash', '-c', bare], 1.15);
  const boot = [...verify, '--boot'];
  seconds(boot);
  longer('verify --boot / verify', boot, verify, 15, Math.min(rounds, 3));
  const four = ['debian-11', 'debian-12', 'debian-13', 'debian-13-backports'];
  const matrix = [process.execPath, cli, 'matrix', '--sample', '--kernels', four.join(), '--jobs', '2', '--quiet', '--out', out];
  seconds(matrix);
  const each = four.map((name) => `${process.execPath} ${cli} verify in/package.deb --kernel ${name} --quiet > /dev/null`).join(' && ');
  compare('matrix, 4 kernels, 2 jobs / 4 verifies in turn', matrix, ['bash', '-c', each], 0.65, Math.min(rounds, 5));
} else {
  console.log('verify is not measured: no docker');
}

const table = [['WHAT', 'OURS', 'BESIDE IT', 'RATIO', 'GOAL', ''], ...rows];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
