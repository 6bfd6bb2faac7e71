import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataFile } from '../../src/catalogue.js';
import { makeFolder, runCli } from '../support.js';

const cwd = makeFolder();
const known = ['build', 'plan', 'verify', 'matrix', 'fetch', 'releases', 'patches', 'kernels', 'image'];
const commands = [...known.filter((command) => command !== 'image'), 'image ls', 'image build', 'image rm'];

describe('wrong usage is exit 2 with words and a hint on stderr, and nothing on stdout:', () => {
  test.concurrent.each<[string[], string, string]>([
    [['build', '--sample', '--kernel'], "'--kernel <release>' argument missing", 'mft-patch --help'],
    [['build', '--sample', '--kernel', 'new'], "'new' is neither a target nor a kernel release", 'uname -r'],
    [['build', '--sample', '--kernel', 'debian12'], "'debian12' is neither a target nor", 'did you mean debian-12 or'],
    [['plan', '--sample', '--kernel', 'ubuntu-24.4'], "'ubuntu-24.4' is neither a target nor", 'did you mean ubuntu-24.04 or'],
    [['build', '--sample', '--kernel', '5'], "'5' is not a kernel release", 'major.minor'],
    [['build', '--sample', '--kernel', ''], "'' is neither a target nor a kernel release", 'mft-patch kernels'],
    [['build', '--sample', '--kernel', '5.18/../x'], "'5.18/../x' is not a kernel release", 'major.minor'],
    [['frobnicate'], "unknown command 'frobnicate'", 'mft-patch --help'],
    [['biuld', '--sample', '--kernel', '5.18'], "unknown command 'biuld'", 'build'],
    [['help'], "unknown command 'help'", 'mft-patch --help'],
    [['build', 'vendor.tgz', '--kernel', '5.18'], "too many arguments for 'build'", 'mft-patch --help'],
    [['build', '--sample', '--kernle', '5.18'], "unknown option '--kernle'", '--kernel'],
    [['--frobnicate'], "unknown option '--frobnicate'", 'mft-patch --help'],
    [['build', '--kernel', '5.18', '--sample', '--bundle', 'x.tgz'], '--bundle and --sample exclude each other', 'one source'],
    [['build', '--kernel', '5.18', '--bundle', 'x.tgz', '--deb', 'x.deb'], '--bundle and --deb exclude each other', 'one source'],
    [
      ['plan', '--kernel', '5.18', '--mft', '4.20.1-14', '--deb', 'x.deb', '--sample'],
      '--deb and --mft and --sample exclude',
      'one source',
    ],
    [['build', '--kernel', '5.18', '--mft', 'nonsense', '--offline'], "'nonsense' is not an MFT release", '--mft 4.20.1-14'],
    [['build', '--kernel', '5.18', '--mft', '4.20.9', '--offline'], "'4.20.9' is not an MFT release", '--mft 4.20.1-14'],
    [['build', '--kernel', '5.18', '--mft', '', '--offline'], "'' is not an MFT release", '--mft 4.20.1-14'],
    [['build', '--kernel', '5.18', '--arch', 'nonsense', '--offline'], "'nonsense' is no architecture", 'aarch64'],
    [['build', '--kernel', '5.18', '--sample', '--engine', 'lxc'], "'lxc' is invalid", 'mft-patch --help'],
    [['build', '--kernel', '5.18', '--sample', '--timeout', '0'], "'0' is invalid", 'mft-patch --help'],
    ...['2gb', '-1m', '0.5g', '300', ''].map((size): [string[], string, string] => [
      ['verify', 'x.deb', '--kernel', '6.1', '--memory', size],
      'It must be a size as 512m or 2g',
      'mft-patch --help',
    ]),
    [['matrix', '--sample', '--disk', 'much'], "'much' is invalid", 'mft-patch --help'],
    [['build', '--kernel', '5.18', '--sample', '--processes', '-1'], "'-1' is invalid", 'mft-patch --help'],
    [['verify', 'x.deb'], 'which kernel? --kernel is missing', 'mft-patch kernels'],
    [['verify', '--kernel', '6.1'], "missing required argument 'deb'", 'mft-patch --help'],
    [['verify', 'x.deb', '--kernel', 'hots'], "'hots' is neither a target nor a kernel release", 'did you mean host or'],
    [
      ['verify', 'x.deb', '--kernel', 'debian-12', 'debian-99'],
      "'debian-99' is neither a target nor",
      'did you mean debian-11 or debian-12',
    ],
    [['verify', 'x.deb', '--kernel', '5'], "'5' is not a kernel release", 'major.minor'],
    [['verify', 'x.deb', '--kernel', '6.1', '--kernel-config', 'x'], '--kernel-config is for a kernel from source', '--kernel-source'],
    [['image', 'list'], "unknown command 'list'", 'Did you mean ls?'],
    [['image', 'frobnicate'], "unknown command 'frobnicate'", 'mft-patch --help'],
    [['image'], 'what is to be done with them?', 'image ls'],
    [['image', 'help'], "unknown command 'help'", 'mft-patch --help'],
    [['image', 'rm'], "missing required argument 'target'", 'mft-patch --help'],
    [['image', 'build', 'debian-99'], "'debian-99' is neither a target nor", 'did you mean debian-11 or debian-12'],
  ])('%j', async (args, words, hint) => {
    const { status, stdout, stderr } = await runCli([...args], { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [message, next, ...rest] = stderr.trimEnd().split('\n');
    expect(message).toMatch(/^mft-patch: \S/);
    expect(message).toContain(words);
    expect(next).toMatch(/^ {2}\S/);
    expect(next).toContain(hint);
    expect(rest).toEqual([]);
    expect(existsSync(join(cwd, 'dist'))).toBe(false);
  });

  test.concurrent.each([
    ['of ours', ['verify', 'x.deb', '--json'], '--kernel is missing'],
    ["of the command line's reader", ['build', '--sample', '--json', '--kernel', '5.18', '--nonsense'], "unknown option '--nonsense'"],
  ])('with --json the error is a document too: one %s', async (_, args, words) => {
    const { status, stdout, stderr } = await runCli(args, { cwd });
    const document = JSON.parse(stdout);
    expect({ status, ...document }).toMatchObject({
      status: 2,
      schema: 'mft-patch/error@1',
      code: 'usage',
      message: expect.stringContaining(words),
    });
    expect(stderr).toBe(`mft-patch: ${document.message}\n  ${document.hint}\n`);
  });
});

describe('help', () => {
  test.concurrent.each(commands)('of %s names its options, on stdout', async (command) => {
    const { status, stdout, stderr } = await runCli([...command.split(' '), '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: mft-patch ${command} `);
    const common = ['--json', '--quiet', '--verbose', '--offline', '--cache-dir', '--help'];
    const release = ['--mft', '--arch', '--mirror', '--sha256', '--require-digest'];
    const source = ['--bundle', '--deb', '--sample', ...release];
    const engine = ['--engine', '--bootstrap', '--apt-mirror', '--timeout', '--memory', '--processes', '--disk'];
    const kernelSource = ['--kernel-source', '--kernel-config'];
    const matrix = [
      '--kernels',
      '--boot',
      '--universal',
      '--baseline',
      '--jobs',
      '--only-failed',
      '--out',
      '--report',
      '--list',
      '--format',
      '--merge',
    ];
    const own: Record<string, string[]> = {
      fetch: [...release, '--ask-vendor'],
      build: [
        ...['--kernel', ...source, '--out', '--with-userland', '--repack-bundle', '--verify', '--no-verify'],
        ...engine,
        ...kernelSource,
      ],
      plan: ['--kernel', '--headers', ...source],
      verify: ['--kernel', '--boot', ...engine, ...kernelSource],
      matrix: [...source, ...engine, ...kernelSource, ...matrix],
      'image ls': engine,
      'image build': [...engine, ...kernelSource],
      'image rm': engine,
    };
    const named = stdout.match(/(?<=^ {2}(-\w, )?)--[a-z0-9-]+/gm);
    expect(named?.sort()).toEqual([...common, ...(own[command] ?? [])].sort());
  });

  test('of image names what can be done with images', async () => {
    const { status, stdout, stderr } = await runCli(['image', '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: mft-patch image ');
    expect(stdout.match(/^ {2}(\w+) /gm)?.map((name) => name.trim())).toEqual(['ls', 'build', 'rm']);
  });

  test('is what comes without arguments, and names every command', async () => {
    const [plain, asked] = [await runCli([]), await runCli(['--help'])];
    expect(plain).toEqual(asked);
    expect(plain).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: mft-patch /) });
    for (const command of known) expect(plain.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(await dataFile('package.json'));
  for (const args of [['--version'], ['-V'], ['--version', '--json']]) {
    expect(await runCli(args)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  }
});
