/** The files that a user edits or an earlier run has left, and the words of a command line. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { newestFirst, parseReleases, wantedBundle } from '../../build/bundle/releases.js';
import { checkConfig } from '../../build/kernels/config.js';
import { hostTarget } from '../../build/kernels/host.js';
import { nearestTargets, parseTarget, targetsFor } from '../../build/kernels/target.js';
import { cli, codeOf } from '../cli.js';
import { plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';
import { projectFile } from './package.js';

const targetNames = readdirSync(new URL('../../kernels', import.meta.url));
const targets = targetNames.map((name) => parseTarget(`kernels/${name}`, projectFile(`kernels/${name}`).toString()));

/** A target of texts that some work takes or refuses. */
const plain = (texts, run) => ({ inputs: plainInput(texts.length), bytes: (input) => plainBytes(texts, input), run });

export function kernelsTarget() {
  const texts = targetNames.map((name) => projectFile(`kernels/${name}`));
  return plain(texts, async (bytes) => {
    const use = () => {
      const target = parseTarget('kernels/x.json', bytes.toString('utf8'));
      targetsFor('6.1.0-50-amd64', [target, ...targets]);
      nearestTargets('6.1', [target, ...targets]);
    };
    return codeOf(use, ['bad-catalogue']) ?? 'accepted';
  });
}

export function releasesTarget() {
  const all = JSON.parse(projectFile('releases.json').toString());
  const texts = [all.slice(0, 3), all.slice(-3), []].map((releases) => Buffer.from(JSON.stringify(releases, null, 1)));
  return plain(texts, async (bytes) => {
    const use = () => {
      const releases = parseReleases('releases.json', bytes.toString('utf8')).sort(newestFirst);
      for (const wanted of ['latest', '4.20.1-14', '4.36.0']) codeOf(() => wantedBundle(wanted, 'x86_64', releases), ['usage']);
    };
    return codeOf(use, ['bad-catalogue']) ?? 'accepted';
  });
}

/** mft-patch.lock in the working folder, which says what digest an unknown release must have. */
export function lockTarget() {
  const entry = { url: 'https://example.invalid/mft-9.9.9-1-x86_64-deb.tgz', sha256: 'a'.repeat(64) };
  const texts = [{ version: 1, bundles: { 'mft-9.9.9-1-x86_64-deb.tgz': entry } }].map((lock) =>
    Buffer.from(JSON.stringify(lock, null, 2)),
  );
  return plain(texts, async (bytes, place) => {
    writeFileSync(join(place, 'mft-patch.lock'), bytes);
    const { code } = await cli(
      ['plan', '--mft', '9.9.9-1', '--arch', 'x86_64', '--offline', '--cache-dir', join(place, 'cache')],
      ['bad-catalogue', 'download-failed'],
    );
    rmSync(join(place, 'mft-patch.lock'));
    return code === 'download-failed' ? 'accepted' : code;
  });
}

/** Results of earlier runs, as `matrix --merge` takes them. */
export function resultsTarget() {
  const boot = { status: 'loads', modules: [], console: '', seconds: 1 };
  const verdict = {
    status: 'fails',
    reason: "error: implicit declaration of function 'pci_unmap_single'",
    seconds: 3.2,
    log: 'x.log',
    loads: 'loads',
    boot,
  };
  const cell = {
    target: 'debian-12',
    kernel: '6.1',
    release: '6.1.0-50-amd64',
    patches: ['dma-unmap'],
    vendor: verdict,
    patched: { ...verdict, status: 'builds', artifact: 'dist/x.deb' },
  };
  const text = JSON.stringify(
    { schema: 'mft-patch/matrix@1', mft: { version: '4.20.1', revision: '14' }, cells: [cell, { ...cell, target: 'debian-13' }] },
    null,
    1,
  );
  return plain([Buffer.from(text)], async (bytes, place) => {
    const [path, ...reports] = ['in.json', 'r.json', 'r.xml', 'r.md', 'r.html'].map((name) => join(place, name));
    writeFileSync(path, bytes);
    for (const report of reports) rmSync(report, { force: true });
    const { code } = await cli(['matrix', '--merge', path, ...reports.flatMap((report) => ['--report', report])], ['usage']);
    for (const report of reports) {
      if (existsSync(report) !== (code === undefined)) throw new Fault('exit', `${report}: ${code}`);
      if (code === undefined && readFileSync(report, 'utf8').includes('undefined')) throw new Fault('wrong', `${report} says 'undefined'`);
    }
    return code ?? 'accepted';
  });
}

export function configTarget() {
  const text = 'CONFIG_MODULES=y\n# CONFIG_PCI is not set\nCONFIG_LOCALVERSION="-hpc"\nCONFIG_HZ=250\nCONFIG_BASE=0x1000\n';
  return plain(
    [Buffer.from(text)],
    async (bytes) => codeOf(() => checkConfig('config', bytes.toString('utf8')), ['source-unfit']) ?? 'accepted',
  );
}

export function osReleaseTarget() {
  const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n';
  return plain(
    [Buffer.from(text)],
    async (bytes) => codeOf(() => hostTarget('6.1.0-50-amd64', bytes.toString('utf8'), targets), ['usage']) ?? 'accepted',
  );
}

/** What a person types after --kernel, --mft, --arch. */
export function wordsTarget(folder) {
  const kernels = [
    '5.18',
    '5.18-rc1',
    '6.1.0-50-amd64',
    '5.14.0-427.13.1.el9_4.x86_64',
    '6.8.0-41-generic',
    '5.14.21-150500.55.19-default',
    '6.12.95+deb13-amd64',
    'debian-12',
    'host',
    '6.6.30',
  ];
  const texts = kernels.map((text) => Buffer.from(text));
  const deb = join(folder, 'flat.gz.deb');
  return {
    inputs: fc.record({ option: fc.constantFrom('kernel', 'kernel', 'kernel', 'mft', 'arch'), plain: plainInput(texts.length) }),
    bytes: ({ option, plain: input }) => Buffer.concat([Buffer.from(`${option} `), plainBytes(texts, input)]),
    run: async (bytes, place) => {
      const [, option = 'kernel', word = ''] = /^(\w+) (.*)$/s.exec(bytes.toString('utf8')) ?? [];
      const source = option === 'kernel' ? ['--deb', deb] : ['--kernel', '6.1', '--offline', '--cache-dir', join(place, 'cache')];
      const { code, kernel } = await cli(['plan', ...source, `--${option}=${word}`], ['usage', 'no-target', 'download-failed']);
      if (kernel && !/^\d+\.\d+\.\d+$/.test(kernel.version)) throw new Fault('wrong', `the version of '${word}' is ${kernel.version}`);
      return code ?? 'accepted';
    },
  };
}
