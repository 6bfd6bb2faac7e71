/** Every option of every command does something or is refused: none is accepted and ignored. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeProgram } from '../../src/cli/command-line.js';
import { debian, writeTree } from '../kernels/header-trees.js';
import { makeDirectory, projectRoot, sample } from '../support.js';
import { mocks, runHere, type Seen } from './in-process.js';

vi.mock('../../src/commands/build.js', async () => (await import('./in-process.js')).mocks.build());
vi.mock('../../src/commands/plan.js', async () => (await import('./in-process.js')).mocks.plan());
vi.mock('../../src/commands/verify.js', async () => (await import('./in-process.js')).mocks.verify());
vi.mock('../../src/commands/diagnose/index.js', async () => (await import('./in-process.js')).mocks.diagnose());
vi.mock('../../src/commands/fetch.js', async () => (await import('./in-process.js')).mocks.fetch());
vi.mock('../../src/commands/rebuild.js', async () => (await import('./in-process.js')).mocks.rebuild());
vi.mock('../../src/commands/image/index.js', async () => (await import('./in-process.js')).mocks.image());
vi.mock('../../src/commands/matrix/index.js', async () => (await import('./in-process.js')).mocks.matrix());
vi.mock('../../src/commands/cache.js', async () => (await import('./in-process.js')).mocks.cache());
vi.mock('../../src/commands/edit.js', async () => (await import('./in-process.js')).mocks.edit());
vi.mock('../../src/commands/save.js', async () => (await import('./in-process.js')).mocks.save());
vi.mock('../../src/commands/check-patches.js', async () => (await import('./in-process.js')).mocks.checkPatches());
vi.mock('../../src/commands/export-patches.js', async () => (await import('./in-process.js')).mocks.exportPatches());
vi.mock('../../src/commands/report-patch.js', async () => (await import('./in-process.js')).mocks.reportPatch());
vi.mock('../../src/commands/doctor.js', async () => (await import('./in-process.js')).mocks.doctor());
vi.mock('../../src/commands/install.js', async () => (await import('./in-process.js')).mocks.install());
vi.mock('../../src/commands/uninstall.js', async () => (await import('./in-process.js')).mocks.uninstall());
vi.mock('../../src/commands/diff.js', async () => (await import('./in-process.js')).mocks.diff());
vi.mock('../../src/commands/completion/index.js', async () => (await import('./in-process.js')).mocks.completion());
vi.mock('../../src/commands/repo.js', async () => (await import('./in-process.js')).mocks.repo());
vi.mock('../../src/commands/show.js', async () => (await import('./in-process.js')).mocks.show());
vi.mock('../../src/commands/check-releases.js', async () => (await import('./in-process.js')).mocks.checkReleases());
vi.mock('../../src/commands/catalogues.js', async () => (await import('./in-process.js')).mocks.catalogues());

const directory = makeDirectory();
const { bundle, deb } = await sample();
const [tgz, package_, config] = ['vendor.tgz', 'vendor.deb', 'kernel.config'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
writeFileSync(tgz, bundle);
writeFileSync(package_, deb);
writeFileSync(config, 'CONFIG_MODULES=y\n');
const tree = '/usr/src/linux-6.1.7';
writeTree(directory, { ...debian.flavour, ...debian.common, ...debian.kbuild });
const headers = join(directory, 'usr/src/linux-headers-6.1.0-56-amd64');
const [releases, targets] = [join(directory, 'releases.json'), join(directory, 'targets')];
writeFileSync(releases, '{"releases": []}');
mkdirSync(targets);
copyFileSync(join(projectRoot, 'kernels/debian-13.json'), join(targets, 'mine.json'));
const vendorUrl = 'https://www.mellanox.com/downloads/MFT/mft-4.22.0-417-x86_64-deb.tgz';
const digest = 'aB'.repeat(32);

/** Words of a command line without blanks in them. */
const split = (line: string) => line.split(' ').filter((word) => word !== '');

interface Applies {
  /** A command line without the option, */
  base: string;
  /** what is added to it, */
  adds: string;
  /** where in the command's request that is seen, */
  path: string;
  /** and what is there then, but not without the option. */
  is: unknown;
}

/** By option; the base is `COMMAND` where it is not said. */
type Table = Record<string, { adds?: string; on?: string; path: string; is: unknown }>;

const sources: Table = {
  '--bundle': { adds: `--bundle ${tgz}`, path: 'source', is: { kind: 'bundle', path: tgz } },
  '--deb': { adds: `--deb ${package_}`, path: 'source', is: { kind: 'deb', path: package_ } },
  '--mft': { adds: '--mft 4.22.0-417', path: 'source.file.name', is: expect.stringContaining('4.22.0-417') },
  '--sample': { adds: '--sample nnt', path: 'source', is: { kind: 'sample', layout: 'nnt' } },
  '--package': { on: `--bundle ${tgz}`, adds: '--package knem-dkms', path: 'source.package', is: 'knem-dkms' },
  FILE: { adds: tgz, path: 'source', is: { kind: 'bundle', path: tgz } },
};
/** Where the digests of downloads are noted; with what is downloaded, if that is not the package. */
const lock = (on = ''): Table => ({ '--lock': { on, adds: '--lock /there/x.lock', path: 'context.lockfile', is: '/there/x.lock' } });
const downloads = (at: string): Table => ({
  '--arch': { adds: '--arch ppc64le', path: `${at}file.name`, is: expect.stringContaining('ppc64') },
  '--mirror': { adds: '--mirror http://a/b', path: `${at}policy.mirror`, is: 'http://a/b' },
  '--sha256': { adds: `--sha256 ${digest}`, path: `${at}policy.sha256`, is: digest.toLowerCase() },
  '--require-digest': { path: `${at}policy.requireDigest`, is: true },
  ...lock(),
});
/** Data of the user's own; with what uses them. */
const ownPatches = (on = ''): Table => ({
  '--patches': { on, adds: '--patches a --patches b,c', path: 'context.own.patches', is: ['a', 'b,c'] },
});
const ownReleases = (on = ''): Table => ({
  '--releases': { on, adds: `--releases ${releases}`, path: 'context.own.releases', is: releases },
});
const ownKernels = (on = ''): Table => ({
  '--kernels-dir': { on, adds: `--kernels-dir ${targets}`, path: 'context.own.kernelsDir', is: targets },
});
/** What is tested: an architecture by any of its names. */
const testedArch = { '--arch': { adds: '--arch aarch64', path: 'settings.arch', is: 'arm64' } };

const kernelUrl = 'https://a/linux-6.1.7.tar.xz';

const engine: Table = {
  '--engine': { adds: '--engine podman', path: 'settings.engine', is: 'podman' },
  '--bootstrap': { path: 'settings.bootstrap', is: true },
  '--apt-mirror': { adds: '--apt-mirror http://a/debian', path: 'settings.aptMirror', is: 'http://a/debian' },
  '--timeout': { adds: '--timeout 7', path: 'settings.timeout', is: 7 },
  '--memory': { adds: '--memory 7g', path: 'settings.memory', is: '7g' },
  '--processes': { adds: '--processes 7', path: 'settings.processes', is: 7 },
};
const disk: Table = { '--disk': { adds: '--disk 7g', path: 'settings.disk', is: '7g' } };
const kernels = (on = ''): Table => ({
  '--kernel': { on, adds: '--kernel 5.18,debian-13 --kernel debian-11', path: 'kernels.length', is: on === '' ? 3 : 4 },
  '--headers': { on, adds: `--headers ${headers}`, path: 'kernels.0.target.name', is: 'headers-6.1.0-56-amd64' },
  '--kernel-source': { on, adds: `--kernel-source ${tree}`, path: 'kernels.0.target.name', is: 'linux-6.1.7' },
  '--kernel-config': {
    on: `--kernel-source ${tree}`,
    adds: `--kernel-config ${config}`,
    path: 'kernels.0.target.source.config',
    is: 'CONFIG_MODULES=y\n',
  },
});

/** Of the commands that move images or remove them. */
const moved = (on = ''): Table => ({
  '--engine': { on, adds: '--engine podman', path: 'settings.engine', is: 'podman' },
  '--apt-mirror': { on, adds: '--apt-mirror http://a/debian', path: 'settings.aptMirror', is: 'http://a/debian' },
  '--timeout': { on, adds: '--timeout 9', path: 'settings.timeout', is: 9 },
});

/** The same where several are tested at once. */
const several: Table = Object.fromEntries(
  Object.entries({ ...sources, ...downloads('source.') }).map(([flag, { path, ...row }]) => [
    flag,
    { ...row, path: path.replace(/^source/, 'sources.0') },
  ]),
);

/** What a matrix and a try have alike. */
const tests: Table = {
  ...several,
  ...engine,
  ...disk,
  ...kernels(),
  ...ownPatches(),
  ...ownReleases(),
  ...ownKernels(),
  '--baked': { path: 'baked', is: true },
  '--boot': { path: 'boot', is: true },
  '--jobs': { adds: '--jobs 7', path: 'jobs', is: 7 },
  '--max-image-age': { adds: '--max-image-age 2d', path: 'settings.maxImageAge', is: 172_800 },
  '--fresh': { path: 'fresh', is: true },
  '--out': { adds: '--out there', path: 'out', is: 'there' },
  '--report': { adds: '--report a.json --report b.html', path: 'reports', is: ['a.json', 'b.html'] },
};
/** Whose patches a source is laid out or exported with. */
const toEdit = (): Table => ({
  '--kernel': { adds: '--kernel 5.18', path: 'kernel.requested', is: '5.18' },
  '--headers': { adds: `--headers ${headers}`, path: 'kernel.target.name', is: 'headers-6.1.0-56-amd64' },
  '--patches': { adds: '--patches mine --patches yours', path: 'directories', is: ['mine', 'yours'] },
});

/** What every command has. */
const common = ['--json', '--quiet', '--verbose', '--color', '--offline', '--cache-dir', '--config'];

const tables: Record<string, Table> = {
  build: {
    ...sources,
    ...downloads('source.'),
    ...ownPatches(),
    ...ownReleases(),
    ...ownKernels(),
    ...engine,
    ...disk,
    '--kernel': { adds: '--kernel 5.18', path: 'kernel.requested', is: '5.18' },
    '--headers': { adds: `--headers ${headers}`, path: 'kernel.target.name', is: 'headers-6.1.0-56-amd64' },
    '--kernel-source': { adds: `--kernel-source ${tree}`, path: 'kernel.target.name', is: 'linux-6.1.7' },
    '--kernel-config': {
      on: `--kernel-source ${tree}`,
      adds: `--kernel-config ${config}`,
      path: 'kernel.target.source.config',
      is: 'CONFIG_MODULES=y\n',
    },
    '--max-kernel': { adds: '--max-kernel 7.3', path: 'maxKernel', is: '7.3' },
    '--out': { adds: '--out there', path: 'out', is: 'there' },
    '--with-userland': { path: 'extras.withUserland', is: true },
    '--repack-bundle': { path: 'extras.repackBundle', is: true },
    '--provenance': { path: 'provenance', is: true },
    '--modules': { on: '--kernel 5.18', path: 'modules', is: { signing: undefined } },
    '--sign-key': {
      on: '--kernel 5.18 --modules',
      adds: '--sign-key k.pem --sign-cert c.pem',
      path: 'modules.signing.key',
      is: 'k.pem',
    },
    '--sign-cert': {
      on: '--kernel 5.18 --modules',
      adds: '--sign-key k.pem --sign-cert c.pem',
      path: 'modules.signing.cert',
      is: 'c.pem',
    },
    '--verify': { path: 'verify', is: 'required' },
    '--no-verify': { path: 'verify', is: 'no' },
  },
  plan: {
    ...sources,
    // A release is not downloaded, but what the vendor has for it is.
    ...Object.fromEntries(Object.entries(downloads('source.')).map(([flag, row]) => [flag, { ...row, on: `--bundle ${vendorUrl}` }])),
    '--mft': { adds: '--mft 4.22.0-417', path: 'source', is: { kind: 'release', release: '4.22.0-417' } },
    '--arch': { on: '--mft latest', adds: '--arch ppc64le', path: 'source.release', is: expect.stringMatching(/^4\.29\.0-/) },
    '--kernel': { adds: '--kernel 5.18', path: 'kernel.requested', is: '5.18' },
    ...ownPatches(),
    ...ownReleases(),
    ...ownKernels('--kernel 6.1'),
    '--headers': { adds: `--headers ${headers}`, path: 'kernel.target.name', is: 'headers-6.1.0-56-amd64' },
  },
  rebuild: {
    ...ownPatches('x.build.json'),
    ...ownReleases('x.build.json'),
    ...Object.fromEntries(
      [
        ['--bundle', 'x.tgz'],
        ['--deb', 'x.deb'],
        ['--mft', '4.22.0-417'],
        ['--sample', 'nnt'],
        ['--arch', 'ppc64le'],
        ['--mirror', 'http://a/b'],
        ['--sha256', digest.toLowerCase()],
        ['--require-digest', ''],
        ['--lock', 'x.lock'],
        ['RECORD', 'x.build.json'],
      ].map(([flag = '', value = '']) => {
        if (flag === 'RECORD') return [flag, { adds: value, path: 'record', is: value }];
        const name = flag.slice(2).replace(/-d/, 'D');
        return [flag, { on: 'x.build.json', adds: `${flag} ${value}`, path: `options.${name}`, is: value || true }];
      }),
    ),
  },
  fetch: {
    '--mft': { adds: '--mft 4.22.0-417', path: 'file.name', is: expect.stringContaining('4.22.0-417') },
    ...downloads(''),
    ...ownReleases(),
    '--ask-vendor': { path: 'askVendor', is: true },
  },
  verify: {
    DEB: { on: '--kernel 6.1', adds: package_, path: 'path', is: package_ },
    ...Object.fromEntries(
      Object.entries({ ...engine, ...disk, ...testedArch, '--boot': { path: 'boot', is: true } }).map(([flag, row]) => [
        flag,
        { on: 'x.deb --kernel 6.1', ...row },
      ]),
    ),
    '--here': { on: 'x.deb', path: 'releases', is: [runningRelease()] },
    ...kernels('x.deb --kernel debian-12'),
    ...ownKernels('x.deb --kernel 6.1'),
    ...lock(`x.deb --kernel-source ${kernelUrl}`),
    '--kernel-config': { ...kernels()['--kernel-config'], on: `x.deb --kernel-source ${tree}` } as Table[string],
  },
  matrix: {
    ...tests,
    '--kernels': { adds: '--kernels 5.18,debian-13', path: 'kernels.length', is: 2 },
    '--baseline': { path: 'baseline', is: true },
    '--only-failed': { path: 'onlyFailed', is: true },
    '--list': { path: 'list', is: true },
    '--format': { on: '--list', adds: '--format github', path: 'format', is: 'github' },
    '--modules': { path: 'modules', is: { signing: undefined } },
    '--sign-key': { on: '--modules', adds: '--sign-key k.pem --sign-cert c.pem', path: 'modules.signing.key', is: 'k.pem' },
    '--sign-cert': { on: '--modules', adds: '--sign-key k.pem --sign-cert c.pem', path: 'modules.signing.cert', is: 'c.pem' },
    '--merge': { adds: '--merge a.json b.json', path: 'paths', is: ['a.json', 'b.json'] },
    '--history': { adds: '--history h.jsonl', path: 'history', is: 'h.jsonl' },
    '--fail-on-turned': { on: '--history h.jsonl', path: 'failOnTurned', is: true },
  },
  try: tests,
  diff: {
    DEB: { adds: 'x.deb', path: 'path', is: 'x.deb' },
    OTHER: { on: 'x.deb', adds: 'y.deb', path: 'other', is: 'y.deb' },
    '--stat': { on: 'x.deb', path: 'format', is: 'stat' },
    '--exit-code': { on: 'x.deb', path: 'exitCode', is: true },
  },
  show: { DEB: { adds: 'x.deb', path: 'path', is: 'x.deb' } },
  completion: {
    SHELL: { adds: 'zsh', path: 'shell', is: 'zsh' },
    ...ownPatches('bash'),
    ...ownReleases('bash'),
    ...ownKernels('bash'),
  },
  repo: {
    DIR: { adds: 'there', path: 'directory', is: 'there' },
    '--gpg-key': { on: 'there', adds: '--gpg-key me@x', path: 'gpgKey', is: 'me@x' },
  },
  'image ls': {
    '--engine': { adds: '--engine podman', path: 'settings.engine', is: 'podman' },
    '--timeout': { adds: '--timeout 9', path: 'settings.timeout', is: 9 },
  },
  'image build': {
    KERNEL: { on: 'debian-12', adds: 'debian-13', path: 'kernels.1.target.name', is: 'debian-13' },
    ...Object.fromEntries(Object.entries({ ...engine, ...testedArch }).map(([flag, row]) => [flag, { on: '--kernel debian-12', ...row }])),
    ...kernels('--kernel debian-12'),
    ...lock(`--kernel-source ${kernelUrl}`),
    ...ownKernels('--kernel debian-12'),
    '--refresh': { on: '--kernel debian-12', path: 'settings.refresh', is: true },
  },
  'image rm': {
    KERNEL: { on: 'debian-12', adds: 'debian-13 x', path: 'names', is: ['debian-12', 'debian-13', 'x'] },
    '--kernel': { on: '--kernel debian-12', adds: '--kernel debian-13,x', path: 'names', is: ['debian-12', 'debian-13', 'x'] },
    ...ownKernels('--kernel debian-12'),
    '--engine': { on: '--kernel debian-12', adds: '--engine podman', path: 'settings.engine', is: 'podman' },
    '--timeout': { on: '--kernel debian-12', adds: '--timeout 9', path: 'settings.timeout', is: 9 },
  },
  'image refresh': {
    ...Object.fromEntries(Object.entries(engine).filter(([flag]) => !['--memory', '--processes'].includes(flag))),
    KERNEL: { on: 'debian-12', adds: 'debian-13', path: 'kernels.1.target.name', is: 'debian-13' },
    '--kernel': { adds: '--kernel 5.18,debian-13', path: 'kernels.length', is: 2 },
    ...ownKernels('--kernel debian-12'),
    '--max-image-age': { adds: '--max-image-age 2d', path: 'settings.maxImageAge', is: 172_800 },
  },
  'image prune': {
    '--older-than': { adds: '--older-than 12h', path: 'olderThan', is: 43_200 },
    '--dry-run': { path: 'dryRun', is: true },
    ...ownKernels(),
    ...moved(),
  },
  'image save': {
    ARCHIVE: { adds: 'a.tar', path: 'path', is: 'a.tar' },
    KERNEL: { on: 'a.tar debian-12', adds: 'x', path: 'names', is: ['debian-12', 'x'] },
    '--kernel': { on: 'a.tar debian-12', adds: '--kernel debian-13,x', path: 'names', is: ['debian-13', 'x', 'debian-12'] },
    ...ownKernels('a.tar'),
    ...moved('a.tar'),
  },
  'image load': {
    ARCHIVE: { adds: 'a.tar', path: 'path', is: 'a.tar' },
    '--engine': { on: 'a.tar', adds: '--engine podman', path: 'settings.engine', is: 'podman' },
    '--timeout': { on: 'a.tar', adds: '--timeout 9', path: 'settings.timeout', is: 9 },
  },
  'image push': {
    REGISTRY: { adds: 'a:5000/b', path: 'registry', is: 'a:5000/b' },
    KERNEL: { on: 'a:5000 debian-12', adds: 'x', path: 'names', is: ['debian-12', 'x'] },
    '--kernel': { on: 'a:5000', adds: '--kernel debian-13,x', path: 'names', is: ['debian-13', 'x'] },
    ...ownKernels('a:5000'),
    ...moved('a:5000'),
  },
  'image pull': {
    REGISTRY: { adds: 'a:5000/b debian-12', path: 'registry', is: 'a:5000/b' },
    KERNEL: { on: 'a:5000 debian-12', adds: 'debian-13', path: 'kernels.1.target.name', is: 'debian-13' },
    '--kernel': { on: 'a:5000 debian-12', adds: '--kernel 5.18', path: 'kernels.length', is: 2 },
    '--bootstrap': { on: 'a:5000 debian-12', path: 'settings.bootstrap', is: true },
    ...ownKernels('a:5000 debian-12'),
    ...moved('a:5000 debian-12'),
  },
  diagnose: {
    FILE: { adds: 'make.log', path: 'path', is: 'make.log' },
    ...Object.fromEntries(Object.entries({ ...engine, ...disk }).map(([flag, row]) => [flag, { on: 'make.log', ...row }])),
    '--kernel': { on: 'make.log', adds: '--kernel 5.18', path: 'kernels.0.requested', is: '5.18' },
    '--headers': { on: 'make.log', adds: `--headers ${headers}`, path: 'kernels.0.release.text', is: '6.1.0-56-amd64' },
    ...ownPatches('make.log'),
    ...ownKernels('make.log --kernel 6.1'),
    '--linux': { on: 'make.log', adds: '--linux there', path: 'linux', is: 'there' },
  },
  doctor: {},
  install: {
    FILE: { adds: tgz, path: 'source', is: { kind: 'bundle', path: tgz } },
    '--bundle': { adds: `--bundle ${tgz}`, path: 'source', is: { kind: 'bundle', path: tgz } },
    '--mft': { adds: '--mft 4.22.0-417', path: 'source.file.name', is: expect.stringContaining('4.22.0-417') },
    '--built': { adds: '--built there', path: 'built', is: 'there' },
    ...ownPatches(),
    ...ownReleases(),
    '--no-verify': { path: 'verify', is: 'no' },
    '--mirror': { on: '--mft 4.22.0-417', adds: '--mirror http://a/b', path: 'source.policy.mirror', is: 'http://a/b' },
    '--sha256': { on: '--mft 4.22.0-417', adds: `--sha256 ${digest}`, path: 'source.policy.sha256', is: digest.toLowerCase() },
    '--require-digest': { on: '--mft 4.22.0-417', path: 'source.policy.requireDigest', is: true },
    ...lock(),
    '--dry-run': { path: 'dryRun', is: true },
    '--yes': { path: 'yes', is: true },
  },
  uninstall: {
    '--vendor': { adds: `--vendor ${tgz}`, path: 'vendor', is: { kind: 'bundle', path: tgz } },
    '--dry-run': { path: 'dryRun', is: true },
    '--yes': { path: 'yes', is: true },
  },
  'cache ls': {},
  'cache prune': {
    '--older-than': { adds: '--older-than 12h', path: 'olderThan', is: 43_200 },
    '--dry-run': { path: 'dryRun', is: true },
  },
  edit: {
    ...sources,
    ...downloads('source.'),
    ...toEdit(),
    '--dir': { adds: '--dir there', path: 'directory', is: 'there' },
  },
  save: {
    DIR: { on: '--id x', adds: 'work', path: 'directory', is: 'work' },
    '--id': { on: 'work', adds: '--id x', path: 'id', is: 'x' },
    '--patches': { on: 'work --id x', adds: '--patches mine', path: 'patches', is: 'mine' },
    '--diagnosis': { on: 'work --id x', adds: '--diagnosis d.json', path: 'diagnosis', is: 'd.json' },
    ...Object.fromEntries(
      [
        ['description', 'Description'],
        ['origin', 'Origin'],
        ['license', 'License'],
        ['kernel-range', 'Kernel'],
        ['mft-range', 'MFT'],
        ['good-on-older', 'Good-On-Older'],
        ['probe', 'Probe'],
        ['needed-if', 'Needed-If'],
        ['symptom', 'Symptom'],
      ].map(([flag, field]) => [`--${flag}`, { on: 'work --id x', adds: `--${flag} value`, path: `header.${field}`, is: 'value' }]),
    ),
  },
  'patches check': {
    PLACE: { adds: join(projectRoot, 'patches'), path: 'directories', is: [join(projectRoot, 'patches')] },
    '--sample': { adds: '--sample nnt', path: 'sources', is: [{ kind: 'sample', layout: 'nnt' }] },
  },
  'patches export': {
    ...Object.fromEntries(
      Object.entries({ ...sources, ...downloads('source.'), ...toEdit() })
        .filter(([flag]) => flag !== 'FILE')
        .map(([flag, row]) => [flag, { ...row, on: `${row.on ?? ''} series` }]),
    ),
    DIR: { adds: 'there', path: 'directory', is: 'there' },
  },
  'patches report': {
    NAME: { adds: 'x', path: 'id', is: 'x' },
    '--patches': { on: 'x', adds: '--patches mine', path: 'directories', is: ['mine'] },
    '--verdicts': { on: 'x', adds: '--verdicts matrix.json', path: 'verdicts', is: 'matrix.json' },
  },
  releases: {
    ...ownPatches(),
    ...ownReleases(),
    '--check': { path: 'check', is: true },
    '--add': { on: '--check', adds: '--add site.json', path: 'add', is: 'site.json' },
  },
  patches: ownPatches(),
  kernels: ownKernels(),
};

const rows: [string, Applies][] = Object.entries(tables).flatMap(([command, table]) =>
  Object.entries(table).map(([option, { adds = option, on = '', path, is }]): [string, Applies] => [
    `${command} ${option}`,
    { base: `${command} ${on}`, adds, path, is },
  ]),
);

/** The commands as they are, with the options and arguments of each. */
function walk(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const visit = (command: ReturnType<typeof makeProgram>, name: string) => {
    for (const child of command.commands) visit(child as typeof command, `${name} ${child.name()}`.trim());
    // Without a subcommand `patches` lists them; project-file.test.ts has those of config, which takes all that a project file may set.
    if ((command.commands.length > 0 && name !== 'patches') || ['help', 'config'].includes(name)) return;
    const names = command.options.map(({ long, flags }) => long ?? flags);
    found.set(name, [...names, ...command.registeredArguments.map((argument) => argument.name().toUpperCase())]);
  };
  visit(
    makeProgram({ version: '', print: () => {} }, async () => {}),
    '',
  );
  return found;
}
const commands = walk();

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], value);

describe('the table', () => {
  test('has every command with every option and argument, and no other', () => {
    // --universal is the default's own name, for scripts from before it was: it changes nothing, and contradicts --baked.
    const named = (command: string) => (command === 'matrix' ? ['--universal'] : []);
    const inTable = Object.entries(tables).map(([command, table]) => [
      command,
      [...common, ...named(command), ...Object.keys(table)].sort(),
    ]);
    expect(Object.fromEntries(inTable)).toEqual(Object.fromEntries([...commands].map(([command, names]) => [command, names.sort()])));
  });

  test('is of commands that are not run in earnest', () => {
    const named = [
      'build',
      'cache',
      'catalogues',
      'completion',
      'config',
      'diagnose',
      'diff',
      'doctor',
      'fetch',
      'image',
      'install',
      'matrix',
      'plan',
      'rebuild',
      'repo',
      'show',
      'uninstall',
      'verify',
    ];
    expect(Object.keys(mocks).sort()).toEqual(
      [...named, 'checkPatches', 'checkReleases', 'edit', 'exportPatches', 'reportPatch', 'save'].sort(),
    );
  });
});

describe('an option arrives in the request of its command:', () => {
  test.each(rows)('%s', async (title, { base, adds, path, is }) => {
    const { exit, stderr, seen } = await runHere(split(`${base} ${adds}`));
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(/^(warning: MFT \S+ is not in releases\.json; .*\n)?a step\nwarning: a warning\n$/),
    });
    // A try is a matrix that has less to do.
    expect(title.replace(/^try /, 'matrix ').startsWith(seen?.command ?? '-')).toBe(true);
    const found = (run: Seen | undefined) => at(path.startsWith('context.') ? run : run?.request, path);
    expect(found(seen), path).toEqual(is);
    const without = await runHere(split(base));
    // Without a kernel, or without its argument, some commands have nothing to do.
    if (without.seen) expect(found(without.seen), `${path} without it`).not.toEqual(is);
    else expect(without.exit).toBe(2);
  });
});

describe('every command takes the common options:', () => {
  const bases: Record<string, string> = {
    rebuild: 'x.build.json',
    verify: 'x.deb --kernel 6.1',
    diagnose: 'make.log',
    diff: 'x.deb',
    show: 'x.deb',
    repo: 'there',
    completion: 'bash',
    'image build': 'debian-12',
    'image rm': 'x',
    'image save': 'a.tar',
    'image load': 'a.tar',
    'image push': 'a:5000',
    'image pull': 'a:5000 debian-12',
    save: 'work --id x',
    'patches export': 'series',
    'patches report': 'x',
  };
  const lines = [...commands.keys()].map((command) => `${command} ${bases[command] ?? ''}`.trim());
  const all = { step: 'a step\n', warning: 'warning: a warning\n', engine: 'an engine\n' };

  test.each(lines)(
    '%s',
    async (line) => {
      const words = split(line);
      const { stderr: plain, seen } = await runHere(words, { HOME: '/home/me' });
      const isTold = seen?.context !== undefined;
      expect(plain).toBe(isTold ? all.step + all.warning : '');
      expect(seen?.context).toMatchObject(isTold ? { offline: false, cacheDir: '/home/me/.cache/mft-patch' } : {});
      const stderrWith = async (option: string) => (await runHere([...words, option])).stderr;
      expect(await stderrWith('--quiet')).toBe(isTold ? all.warning : '');
      expect(await stderrWith('--verbose')).toBe(isTold ? all.step + all.warning + all.engine : '');
      expect(JSON.parse((await runHere([...words, '--json'])).stdout)).toEqual({ schema: 'mft-patch/kernels@1', kernels: [] });
      const { exit, seen: other } = await runHere([...words, '--offline', '--cache-dir', '/there']);
      expect(exit).toBe(0);
      expect(other?.context).toMatchObject(isTold ? { offline: true, cacheDir: '/there' } : {});
    },
    30_000,
  );
});

test('matrix --merge takes the kernels that there must be; --universal is the default', async () => {
  const { seen } = await runHere(split('matrix --merge a.json --kernel 5.18,debian-13'));
  expect(at(seen?.request, 'kernels.length')).toBe(2);
  expect((await runHere(split('matrix --sample --universal'))).seen?.request).toEqual(
    (await runHere(split('matrix --sample'))).seen?.request,
  );
});

describe('what contradicts or does not apply is refused:', () => {
  const refused: [string, string, ...string[]][] = [
    ...[
      'engine podman',
      'bootstrap',
      'apt-mirror http://a',
      'timeout 4',
      'memory 1g',
      'processes 4',
      'disk 1g',
      `kernel-source ${tree}`,
      `headers ${headers}`,
    ].map((option): [string, string, ...string[]] => [`build --sample --no-verify --${option}`, `--${split(option)[0]}`, '--no-verify']),
    ...['build --sample', 'verify x.deb', 'matrix --sample', 'try --sample', 'image build'].flatMap((line): [string, string, string][] => [
      [`${line} --kernel-source ${tree} --headers ${headers}`, '--headers', '--kernel-source'],
      [`${line} --headers ${headers} --kernel 6.12`, '--kernel 6.12', '--headers'],
    ]),
    [`matrix --merge a.json --headers ${headers}`, '--headers', '--merge'],
    ...['boot', 'engine podman', 'memory 1g', `headers ${headers}`, `kernel-source ${tree}`, `kernels-dir ${targets}`].map(
      (option): [string, string, string] => [`verify x.deb --here --${option}`, `--${split(option)[0]}`, '--here'],
    ),
    ...['debian-12', 'all', ','].map((kernel): [string, string] => [`verify x.deb --here --kernel ${kernel}`, '--here']),
    ['build --sample --verify --no-verify', '--verify', '--no-verify'],
    ['build --sample --no-verify --verify', '--verify', '--no-verify'],
    ['build --sample --kernel 6.1,5.18', 'one kernel'],
    ['build --sample --kernel 6.1 --kernel 5.18', 'one kernel'],
    [`build --sample --kernel-source ${tree} --kernel 6.1,5.18`, '--kernel-source'],
    [`build --sample --kernel-source ${tree} --kernel all`, '--kernel-source'],
    ['build --sample --out=', '--out'],
    ['build --sample --modules', '--modules', '--kernel'],
    ['build --sample --modules --kernel all', '--modules'],
    ['build --sample --modules --kernel 6.1 --no-verify', '--modules', '--no-verify'],
    [`build --sample --modules --kernel 6.1 --kernel-source ${tree}`, '--kernel-source', '--modules'],
    ['build --sample --modules --kernel 6.15', '--modules', '6.15'],
    ['build --sample --kernel 6.1 --sign-key a --sign-cert b', '--sign-key', '--modules'],
    ['build --sample --kernel 6.1 --modules --sign-key a', '--sign-key', '--sign-cert'],
    ['build --sample --kernel 6.1 --modules --sign-cert a', '--sign-cert', '--sign-key'],
    ...['7', '7.3-rc1', '7.3.1-amd64', '07.3', 'debian-13', '7.3.'].map((release): [string, string] => [
      `build --sample --max-kernel ${release}`,
      '--max-kernel',
    ]),
    ['build --sample --kernel 6.1 --max-kernel 6.0', '--max-kernel'],
    [`build --sample --no-verify --kernels-dir ${targets}`, '--kernels-dir', '--no-verify'],
    [`plan --sample --kernels-dir ${targets}`, '--kernels-dir', '--kernel'],
    [`matrix --merge a.json --kernels-dir ${targets}`, '--kernels-dir', '--merge'],
    ['matrix --merge a.json --patches own', '--patches', '--merge'],
    ['matrix --list --patches own', '--patches', '--list'],
    ...['build', 'plan', 'matrix'].map((command): [string, string] => [`${command} --sample --releases ${releases}`, '--releases']),
    [`plan --sample --headers ${headers} --kernel 6.12`, '--kernel 6.12', '--headers'],
    ...['mirror http://a', 'require-digest', `sha256 ${digest}`].flatMap((option): [string, string, ...string[]][] => [
      [`plan --mft 4.20.1-14 --${option}`, `--${split(option)[0]}`, 'a release'],
      [`plan --${option}`, `--${split(option)[0]}`, 'a release'],
      ...(option.startsWith('sha256')
        ? []
        : [[`plan --bundle - --${option}`, `--${split(option)[0]}`, 'standard input'] as [string, string, string]]),
    ]),
    ['plan --arch riscv64', 'riscv64'],
    ['build --mft 4.22.0 --arch riscv64 --no-verify', 'riscv64'],
    ['fetch --arch riscv64', 'riscv64'],
    ['build --bundle - --arch riscv64', '--arch', 'standard input'],
    ['plan --sample --kernel 6.1,5.18', 'one kernel'],
    ...['build', 'plan', 'matrix'].flatMap((command): [string, string, ...string[]][] => [
      [`${command} --bundle ${tgz} --sample`, '--bundle', '--sample'],
      [`${command} --bundle ${tgz} --deb ${package_}`, '--bundle', '--deb'],
      [`${command} --mft 4.20.1-14 --deb ${package_}`, '--deb', '--mft'],
      [`${command} ${tgz} --sample`, 'FILE', '--sample'],
      [`${command} ${tgz} --bundle ${tgz}`, 'FILE', '--bundle'],
      // A matrix tests on it, whatever is tested.
      ...[...(command === 'matrix' ? [] : ['arch arm64']), 'mirror http://a', 'require-digest', 'lock x.lock'].flatMap(
        (option): [string, string, ...string[]][] => [
          [`${command} --deb ${package_} --${option}`, `--${split(option)[0]}`],
          [`${command} --bundle ${tgz} --${option}`, `--${split(option)[0]}`],
          [`${command} ${tgz} --${option}`, `--${split(option)[0]}`],
          [`${command} --bundle ${directory} --${option}`, `--${split(option)[0]}`],
          [`${command} --sample --${option}`, `--${split(option)[0]}`],
        ],
      ),
      [`${command} --sample --package knem-dkms`, '--package', '--sample'],
      [`${command} --mft 4.20.1-14 --package knem-dkms`, '--package', 'a release'],
      [`${command} --bundle ${vendorUrl} --package knem-dkms`, '--package', 'a release'],
      [`${command} --bundle ${tgz} --package Knem`, '--package'],
      [`${command} --sample --sha256 ${digest}`, '--sha256', '--sample'],
      [`${command} --bundle ${directory} --sha256 ${digest}`, '--sha256', 'directory'],
      ...(command === 'matrix' ? [] : ([[`${command} --bundle https://a/b.tgz --arch arm64`, '--arch']] as [string, string][])),
      [`${command} --bundle https://a/b.tgz --mirror http://a`, '--mirror'],
      [`${command} --mft 4.20.1-14 --lock=`, '--lock'],
      ...['nonsense', 'https://', 'http://a:99999', 'http://[a', 'ftp://a/b'].map((mirror): [string, string] => [
        `${command} --mft 4.20.1-14 --mirror ${mirror}`,
        '--mirror',
      ]),
      ...['http://', 'http://a:99999/x', 'http://[bad/'].map((url): [string, string] => [`${command} --bundle ${url}`, 'invalid URL']),
      [`${command} --sample --kernel ,`, '--kernel'],
    ]),
    ...['build --sample', 'verify x.deb --kernel 6.1', 'matrix --sample', 'image build debian-12'].map(
      (line): [string, string, ...string[]] => [`${line} --kernel-config ${config}`, '--kernel-config', '--kernel-source'],
    ),
    ...['build --sample', 'verify x.deb --kernel 6.1', 'matrix --sample', 'image build debian-12'].map((line): [string, string] => [
      `${line} --timeout 0`,
      '--timeout',
    ]),
    ['verify x.deb', '--kernel'],
    ...['verify x.deb --kernel 6.1', 'matrix --sample', 'image build debian-12'].map((line): [string, string] => [
      `${line} --arch x87`,
      '--arch',
    ]),
    ...['verify x.deb', 'image build'].flatMap((command): [string, string][] => [
      [`${command} --kernel 6.1 --lock x.lock`, '--lock'],
      [`${command} --kernel-source ${tree} --lock x.lock`, '--lock'],
    ]),
    ['build --sample --kernel-source https://[bad/', '--kernel-source'],
    ...['1', '-1d', '30', 'x'].map((age): [string, string] => [`cache prune --older-than ${age}`, '--older-than']),
    ['cache ls --dry-run', '--dry-run'],
    [`verify x.deb --kernel-source ${tree} --kernel 6.1,5.18`, '--kernel-source'],
    ['image build', '--kernel'],
    ['image rm', 'target'],
    ['matrix --sample --kernel 6.1 --kernels 5.18', '--kernel', '--kernels'],
    ['matrix --sample --format github', '--format', '--list'],
    ['matrix --merge a.json --format github', '--format', '--list'],
    ['matrix --list --merge a.json', '--merge', '--list'],
    ['matrix --sample --report a.txt', 'a.txt'],
    ...['list', 'merge a.json'].flatMap((mode) =>
      [
        ...[
          'sample',
          `bundle ${tgz}`,
          `deb ${package_}`,
          'mft 4.20.1-14',
          'arch arm64',
          'mirror http://a',
          `sha256 ${digest}`,
          'require-digest',
          'lock x.lock',
        ],
        ...['engine podman', 'bootstrap', 'apt-mirror http://a', 'timeout 4', 'memory 1g', 'processes 4', 'disk 1g'],
        ...['baseline', 'boot', 'baked', 'universal', 'jobs 2', 'only-failed', 'fresh', 'out there'],
      ].map((option): [string, string, string] => [`matrix --${option} --${mode}`, `--${split(option)[0]}`, `--${split(mode)[0]}`]),
    ),
    ['matrix --list --report a.json', '--report', '--list'],
    ['matrix x.tgz --list', 'FILE', '--list'],
    [`matrix --merge a.json --kernel-source ${tree}`, '--kernel-source', '--merge'],
    ['matrix --sample --baked --universal', '--baked', '--universal'],
    ['matrix --sample --modules --only-failed', '--only-failed', '--modules'],
    [`matrix --sample --modules --kernel-source ${tree}`, '--kernel-source', '--modules'],
    ['matrix --sample --modules --kernel 6.1,6.15', '--modules', '6.15'],
    ['matrix --merge a.json --modules', '--modules', '--merge'],
    ['matrix --list --modules', '--modules', '--list'],
    ['matrix --sample --sign-key a --sign-cert b', '--sign-key', '--modules'],
    ['matrix --sample --only-failed --fresh', '--only-failed', '--fresh'],
    ['try --only-failed', '--only-failed'],
    ['fetch --mirror nonsense', '--mirror'],
    ['fetch --ask-vendor --offline', '--ask-vendor', '--offline'],
    [`fetch --ask-vendor --sha256 ${digest}`, '--ask-vendor', '--sha256'],
    ['edit --sample --kernel 6.1,5.18', '--kernel'],
    [`edit --sample --kernel 6.12 --headers ${headers}`, '--kernel 6.12', '--headers'],
    ['edit x.tgz --sample --kernel 6.1', 'FILE', '--sample'],
    ['patches export --sample --deb x.deb series', '--deb', '--sample'],
    ['save work', '--id'],
    ['patches frobnicate', 'patches frobnicate'],
    ['repo there --gpg-key=', '--gpg-key'],
    ['rebuild x.build.json --sample --deb x.deb', '--deb', '--sample'],
    ['rebuild x.build.json --bundle x.tgz --mft 4.20.1-14', '--bundle', '--mft'],
  ];

  test.each(refused)('%s', async (line, ...words) => {
    const { exit, stdout, seen } = await runHere([...split(line), '--json']);
    expect({ exit, seen, ...JSON.parse(stdout) }).toMatchObject({ exit: 2, seen: undefined, code: 'usage' });
    for (const word of words) expect(JSON.parse(stdout).message).toContain(word);
  });
});
