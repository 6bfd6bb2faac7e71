import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { projectText } from '../../src/project-files.js';
import { cli } from '../cli.js';
import { makeDirectory, runCli } from '../support.js';

const cwd = makeDirectory();
const known = [
  'build',
  'plan',
  'rebuild',
  'verify',
  'matrix',
  'try',
  'diagnose',
  'doctor',
  'install',
  'uninstall',
  'diff',
  'show',
  'repo',
  'fetch',
  'releases',
  'patches',
  'kernels',
  'image',
  'cache',
];
const groups = ['image', 'cache'];
const commands = [
  ...known.filter((command) => !groups.includes(command)),
  ...['ls', 'build', 'refresh', 'rm', 'prune', 'save', 'load', 'push', 'pull'].map((name) => `image ${name}`),
  ...['cache ls', 'cache prune'],
];

describe('wrong usage is exit 2 with words and a hint on stderr, and nothing is written:', () => {
  test.concurrent.each<[string | string[], string, string]>([
    ['build --sample --kernel', "'--kernel <kernel>' argument missing", 'mft-patch --help'],
    ['build --sample --kernel new', "unknown target or kernel release 'new'", 'uname -r'],
    ['build --sample --kernel debian12', "unknown target or kernel release 'debian12'", 'did you mean debian-12 or'],
    ['plan --sample --kernel ubuntu-24.4', "unknown target or kernel release 'ubuntu-24.4'", 'did you mean ubuntu-24.04 or'],
    ['build --sample --kernel 5', "invalid kernel release '5'", 'MAJOR.MINOR'],
    [['build', '--sample', '--kernel', ''], '--kernel is empty', 'debian-13'],
    ['build --sample --kernel 5.18/../x', "invalid kernel release '5.18/../x'", 'MAJOR.MINOR'],
    ['build --sample --kernel 5.18,6.1', 'one kernel', 'mft-patch matrix --kernel 5.18,6.1'],
    ['plan --sample --kernel debian-12 --kernel debian-13', 'one kernel', 'mft-patch matrix --kernel debian-12,debian-13'],
    ['frobnicate', "unknown command 'frobnicate'", 'mft-patch --help'],
    ['biuld --sample --kernel 5.18', "unknown command 'biuld'", 'build'],
    ['build vendor.tgz other.tgz --kernel 5.18', "too many arguments for 'build'", 'mft-patch --help'],
    ['build --sample --kernle 5.18', "unknown option '--kernle'", '--kernel'],
    ['--frobnicate', "unknown option '--frobnicate'", 'mft-patch --help'],
    ['build --kernel 5.18 --sample --bundle x.tgz', '--bundle and --sample are mutually exclusive', 'only one of'],
    ['build --kernel 5.18 --bundle x.tgz --deb x.deb', '--bundle and --deb are mutually exclusive', 'only one of'],
    ['plan --kernel 5.18 --mft 4.20.1-14 --deb x.deb --sample', '--deb and --mft and --sample are mutually', 'only one of'],
    ['build --kernel 5.18 --mft nonsense --offline', "unknown MFT release 'nonsense'", '--mft 4.20.1-14'],
    ['build --kernel 5.18 --mft 4.20.9 --offline', "unknown MFT release '4.20.9'", '--mft 4.20.1-14'],
    [['build', '--kernel', '5.18', '--mft', '', '--offline'], "unknown MFT release ''", '--mft 4.20.1-14'],
    ['build --kernel 5.18 --arch nonsense --offline', "unknown architecture 'nonsense'", 'aarch64'],
    ['build --kernel 5.18 --sample layout', "unknown sample 'layout'", 'flat'],
    ['build --kernel 5.18 --sample --engine lxc', "'lxc' is invalid", 'mft-patch --help'],
    ['build --kernel 5.18 --sample --timeout 0', "'0' is invalid", 'mft-patch --help'],
    ...['2gb', '-1m', '0.5g', '300', ''].map((size): [string[], string, string] => [
      ['verify', 'x.deb', '--kernel', '6.1', '--memory', size],
      `'${size}' is invalid. It must be a size as 512m or 2g`,
      'mft-patch --help',
    ]),
    ['matrix --sample --disk much', "'much' is invalid", 'mft-patch --help'],
    ['build --kernel 5.18 --sample --processes -1', "'-1' is invalid", 'mft-patch --help'],
    ['verify x.deb', 'missing --kernel', 'mft-patch kernels'],
    ['verify --kernel 6.1', "missing required argument 'deb'", 'mft-patch --help'],
    ['verify --headers a.deb x.deb', "missing required argument 'deb'", 'put it before --headers'],
    ['verify x.deb --kernel hots', "unknown target or kernel release 'hots'", 'did you mean host or'],
    ['verify x.deb --kernel debian-12,debian-99', "'debian-99'", 'did you mean debian-11 or debian-12'],
    ['verify x.deb --kernel debian-12 --kernel debian-99', "'debian-99'", 'did you mean debian-11 or debian-12'],
    ['verify --kernel debian-12 x.deb y.deb', "too many arguments for 'verify'", 'mft-patch --help'],
    ['verify x.deb --kernel 5', "invalid kernel release '5'", 'MAJOR.MINOR'],
    ['verify x.deb --kernel 6.1 --kernel-config x', '--kernel-config requires --kernel-source', 'pass the source'],
    ['cache remove', "unknown command 'remove'", 'mft-patch --help'],
    ['image list', "unknown command 'list'", 'Did you mean ls?'],
    ['image frobnicate', "unknown command 'frobnicate'", 'mft-patch --help'],
    ['image help', "unknown command 'help'", 'mft-patch --help'],
    ['image rm', 'missing target', 'image ls'],
    ['image pull registry.example:5000', 'missing --kernel', 'mft-patch kernels'],
    ['image push https://registry.example', 'without https://', 'mft-patch --help'],
    ['image save', "missing required argument 'archive'", 'mft-patch --help'],
    ['image refresh 6.15', 'linux-6.15 is prepared from source', '--kernel-source'],
    ['image build', 'missing --kernel', 'mft-patch kernels'],
    ['image build debian-99', "unknown target or kernel release 'debian-99'", 'did you mean debian-11 or debian-12'],
  ])('%j', async (line, words, hint) => {
    await cli(line, { cwd }).fails(2, {
      code: 'usage',
      message: expect.stringContaining(words),
      hint: expect.stringContaining(hint),
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test.concurrent.each(['build --sample --kernel new', 'build --sample --nonsense', 'image', 'cache'])(
    '%s: without --json on stderr alone',
    async (line) => {
      const { status, stdout, stderr } = await runCli(line.split(' '), { cwd });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^mft-patch: \S[^\n]*\n {2}\S[^\n]*\n$/);
    },
  );

  test('verify takes its package before and after --kernel', async () => {
    for (const line of [
      'verify none.deb --kernel debian-12',
      'verify --kernel debian-12 none.deb',
      'verify --kernel 6.1,debian-13 none.deb',
    ])
      await cli(line, { cwd }).fails(3, { code: 'no-input', path: 'none.deb' }, /^(6\.1: using target .*\n)?$/);
  });
});

describe('help', () => {
  test.concurrent.each(commands)('of %s names its options, on stdout', async (command) => {
    const { status, stdout, stderr } = await runCli([...command.split(' '), '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: mft-patch ${command} `);
    const common = ['--json', '--quiet', '--verbose', '--color', '--offline', '--cache-dir', '--config', '--help'];
    const release = ['--mft', '--arch', '--mirror', '--lock', '--sha256', '--require-digest'];
    const source = ['--bundle', '--deb', '--sample', ...release];
    const package_ = '--package';
    const engine = ['--engine', '--bootstrap', '--apt-mirror', '--timeout', '--memory', '--processes', '--disk'];
    const kernelSource = ['--headers', '--kernel-source', '--kernel-config'];
    const tried = ['--kernel', '--boot', '--baked', '--jobs', '--max-image-age', '--fresh', '--out', '--report'];
    const packing = ['--modules', '--sign-key', '--sign-cert'];
    const matrix = [...tried, ...packing, '--baseline', '--only-failed', '--history', '--fail-on-turned', '--list', '--format', '--merge'];
    const ownData = ['--patches', '--kernels-dir', '--releases'];
    const own: Record<string, string[]> = {
      fetch: [...release, '--ask-vendor', '--releases'],
      build: [
        ...[package_, '--kernel', '--max-kernel', ...source, '--out', '--with-userland', '--repack-bundle', '--verify', '--no-verify'],
        ...[...packing, '--provenance'],
        ...engine,
        ...kernelSource,
        ...ownData,
      ],
      plan: [package_, '--kernel', '--headers', ...source, ...ownData],
      verify: ['--arch', '--kernel', '--kernels-dir', '--boot', '--here', '--lock', ...engine, ...kernelSource],
      matrix: [package_, ...source, ...engine, ...kernelSource, ...matrix, ...ownData],
      try: [package_, ...source, ...engine, ...kernelSource, ...tried, ...ownData],
      diagnose: ['--kernel', '--headers', '--linux', ...engine, '--patches', '--kernels-dir'],
      install: [
        ...['--bundle', '--mft', '--mirror', '--lock', '--sha256', '--require-digest', '--built'],
        ...['--patches', '--releases', '--no-verify', '--dry-run', '--yes'],
      ],
      uninstall: ['--vendor', '--dry-run', '--yes'],
      diff: ['--stat', '--exit-code'],
      repo: ['--gpg-key'],
      rebuild: [...source, '--patches', '--releases'],
      'image ls': ['--engine', '--timeout'],
      'image build': [
        '--arch',
        '--kernel',
        '--kernels-dir',
        '--refresh',
        '--lock',
        ...engine.filter((option) => option !== '--disk'),
        ...kernelSource,
      ],
      'image refresh': ['--kernel', '--kernels-dir', '--engine', '--bootstrap', '--apt-mirror', '--max-image-age', '--timeout'],
      'image rm': ['--kernel', '--kernels-dir', '--engine', '--timeout'],
      'image prune': ['--older-than', '--dry-run', '--kernels-dir', '--engine', '--apt-mirror', '--timeout'],
      'image save': ['--kernel', '--kernels-dir', '--engine', '--apt-mirror', '--timeout'],
      'image load': ['--engine', '--timeout'],
      'image push': ['--kernel', '--kernels-dir', '--engine', '--apt-mirror', '--timeout'],
      'image pull': ['--kernel', '--kernels-dir', '--engine', '--bootstrap', '--apt-mirror', '--timeout'],
      releases: ['--check', '--add', '--patches', '--releases'],
      patches: ['--patches'],
      kernels: ['--kernels-dir'],
      'cache prune': ['--older-than', '--dry-run'],
    };
    const named = stdout.match(/(?<=^ {2}(-\w, )?)--[a-z0-9-]+/gm);
    expect(named?.sort()).toEqual([...common, ...(own[command] ?? [])].sort());
  });

  test('of image names what can be done with images', async () => {
    const { status, stdout, stderr } = await runCli(['image', '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: mft-patch image ');
    expect(stdout.match(/^ {2}(\w+) /gm)?.map((name) => name.trim())).toEqual([
      'ls',
      'build',
      'refresh',
      'rm',
      'prune',
      'save',
      'load',
      'push',
      'pull',
    ]);
  });

  test('is what comes without arguments, and names every command', async () => {
    const [plain, asked] = [await runCli([]), await runCli(['--help'])];
    expect(plain).toEqual(asked);
    expect(plain).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: mft-patch /) });
    for (const command of known) expect(plain.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(await projectText('package.json'));
  for (const args of [['--version'], ['-V'], ['--version', '--json']]) {
    expect(await runCli(args)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  }
});
