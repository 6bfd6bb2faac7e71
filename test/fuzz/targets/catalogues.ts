/** The files that a user edits or an earlier run has written, and the words of a command line. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseReleases } from '../../../build/bundle/release-file.js';
import { findRelease, newestFirst } from '../../../build/bundle/releases.js';
import type { FetchDocument, MatrixDocument, PlanDocument } from '../../../build/documents/index.js';
import { checkConfig } from '../../../build/kernels/config.js';
import { hostTarget } from '../../../build/kernels/host.js';
import { nearestTargets, targetsFor } from '../../../build/kernels/target.js';
import { parseTarget } from '../../../build/kernels/target-file.js';
import { cli, codeOf, isError } from '../cli.js';
import { type PlainInput, plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';
import { projectFile, projectPath } from '../project.js';
import type { FuzzTarget } from '../target.js';

const targetNames = readdirSync(projectPath('kernels')).filter((name) => name.endsWith('.json'));
const targets = targetNames.map((name) => parseTarget(`kernels/${name}`, projectFile(`kernels/${name}`).toString()));

/** A target of texts. */
function plain(texts: readonly Buffer[], run: FuzzTarget['run']): FuzzTarget<PlainInput> {
  return { inputs: plainInput(texts.length), bytes: (input) => plainBytes(texts, input), run };
}

export function kernelsTarget(): FuzzTarget<PlainInput> {
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

export function releasesTarget(): FuzzTarget<PlainInput> {
  const { releases } = JSON.parse(projectFile('releases.json').toString()) as { releases: unknown[] };
  const lists = [releases.slice(0, 3), releases.slice(-3), []];
  const texts = lists.map((releases) => Buffer.from(JSON.stringify({ releases }, null, 1)));
  return plain(texts, async (bytes) => {
    const use = () => {
      const releases = parseReleases('releases.json', bytes.toString('utf8')).sort(newestFirst);
      for (const wanted of ['latest', '4.20.1-14', '4.36.0']) codeOf(() => findRelease(wanted, 'x86_64', releases), ['usage']);
    };
    return codeOf(use, ['bad-catalogue']) ?? 'accepted';
  });
}

/** mft-patch.lock in the working directory, which has the digest of an unknown release. */
export function lockTarget(): FuzzTarget<PlainInput> {
  const entry = { url: 'https://example.invalid/mft-9.9.9-1-x86_64-deb.tgz', sha256: 'a'.repeat(64) };
  const lock = { version: 1, bundles: { 'mft-9.9.9-1-x86_64-deb.tgz': entry } };
  const files = { 'MFT 9.9.9-1 x86_64': entry, 'https://example.invalid/x.tgz': { sha256: entry.sha256 } };
  const both = [lock, { version: 2, files }].map((value) => Buffer.from(JSON.stringify(value, null, 2)));
  return plain(both, async (bytes, place) => {
    writeFileSync(join(place, 'mft-patch.lock'), bytes);
    const args = ['fetch', '--mft', '9.9.9-1', '--arch', 'x86_64', '--offline', '--cache-dir', join(place, 'cache')];
    const document = await cli<FetchDocument>(args, ['bad-catalogue', 'download-failed']);
    rmSync(join(place, 'mft-patch.lock'));
    if (!isError(document)) throw new Fault('wrong', 'a release that does not exist');
    return document.code === 'download-failed' ? 'accepted' : document.code;
  });
}

/** The result that is edited. */
function matrixResult(): unknown {
  const on = {
    package: 'a'.repeat(64),
    patches: [{ id: 'dma-unmap', sha256: 'd'.repeat(64) }],
    ...{ image: `sha256:${'1'.repeat(64)}`, imageCreated: '2026-11-22T09:00:00.000Z', date: '2026-11-24T10:30:00.000Z' },
    program: { version: '0.1.0', sha256: 'f'.repeat(64) },
    ...{ engine: 'docker 20.10.24', architecture: 'amd64', options: { boot: true, package: 'universal' } },
  };
  const verdict = {
    ...{
      status: 'fails',
      reason: "error: implicit declaration of function 'pci_unmap_single'",
      seconds: 3.2,
      log: 'x.log',
      loads: 'loads',
    },
    boot: { status: 'loads', modules: [], console: '', seconds: 1 },
    ...{ works: 'works', failedStep: 'works', notTested: ['bf3_livefish'], on },
  };
  const cell = {
    ...{ target: 'debian-12', kernel: '6.1', release: '6.1.0-50-amd64', patches: ['dma-unmap'] },
    vendor: verdict,
    patched: { ...verdict, status: 'builds', artifact: 'dist/x.deb' },
  };
  return { schema: 'mft-patch/matrix@1', mft: { version: '4.20.1', revision: '14' }, cells: [cell, { ...cell, target: 'debian-13' }] };
}

/** Results of earlier runs, as `matrix --merge` reads them. */
export function resultsTarget(): FuzzTarget<PlainInput> {
  return plain([Buffer.from(JSON.stringify(matrixResult(), null, 1))], async (bytes, place) => {
    const path = join(place, 'in.json');
    const reports = ['r.json', 'r.xml', 'r.md', 'r.html'].map((name) => join(place, name));
    writeFileSync(path, bytes);
    for (const report of reports) rmSync(report, { force: true });
    const args = ['matrix', '--merge', path, ...reports.flatMap((report) => ['--report', report])];
    const document = await cli<MatrixDocument>(args, ['usage']);
    const code = isError(document) ? document.code : undefined;
    for (const report of reports) {
      if (existsSync(report) !== (code === undefined)) throw new Fault('exit', `${report}: ${code}`);
      if (code === undefined && readFileSync(report, 'utf8').includes('undefined'))
        throw new Fault('wrong', `${report} contains 'undefined'`);
    }
    return code ?? 'accepted';
  });
}

export function configTarget(): FuzzTarget<PlainInput> {
  const text = 'CONFIG_MODULES=y\n# CONFIG_PCI is not set\nCONFIG_LOCALVERSION="-hpc"\nCONFIG_HZ=250\nCONFIG_BASE=0x1000\n';
  const use = (bytes: Buffer) => codeOf(() => checkConfig('config', bytes.toString('utf8')), ['source-unfit']);
  return plain([Buffer.from(text)], async (bytes) => use(bytes) ?? 'accepted');
}

export function osReleaseTarget(): FuzzTarget<PlainInput> {
  const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n';
  const use = (bytes: Buffer) => codeOf(() => hostTarget('6.1.0-50-amd64', bytes.toString('utf8'), targets), ['usage']);
  return plain([Buffer.from(text)], async (bytes) => use(bytes) ?? 'accepted');
}

/** An edited word, and the option that it is the value of. */
interface WordInput {
  option: string;
  plain: PlainInput;
}

/** The values of --kernel, --mft and --arch that a user types. */
export function wordsTarget(directory: string): FuzzTarget<WordInput> {
  const kernels = [
    ...['5.18', '5.18-rc1', '6.1.0-50-amd64', '5.14.0-427.13.1.el9_4.x86_64', '6.8.0-41-generic', '5.14.21-150500.55.19-default'],
    ...['6.12.95+deb13-amd64', 'debian-12', 'host', '6.6.30'],
  ];
  const texts = kernels.map((text) => Buffer.from(text));
  const deb = join(directory, 'flat.gz.deb');
  return {
    inputs: fc.record({ option: fc.constantFrom('kernel', 'kernel', 'kernel', 'mft', 'arch'), plain: plainInput(texts.length) }),
    bytes: ({ option, plain: input }) => Buffer.concat([Buffer.from(`${option} `), plainBytes(texts, input)]),
    run: async (bytes, place) => {
      const [, option = 'kernel', word = ''] = /^(\w+) (.*)$/s.exec(bytes.toString('utf8')) ?? [];
      const source = option === 'kernel' ? ['--deb', deb] : ['--kernel', '6.1', '--offline', '--cache-dir', join(place, 'cache')];
      const document = await cli<PlanDocument>(['plan', ...source, `--${option}=${word}`], ['usage', 'no-target', 'download-failed']);
      if (isError(document)) return document.code;
      const { version } = document.kernel;
      if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Fault('wrong', `the version of '${word}' is ${version}`);
      return 'accepted';
    },
  };
}
