/** The program as it is installed, one file: it does what the plain modules do, and V8's code for it is never needed. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cliPath, makeDirectory, projectRoot, runCli, sh } from './support.js';

const program = join(projectRoot, 'build/mft-patch.cjs');
const cache = makeDirectory();
const env = { ...process.env, XDG_CACHE_HOME: cache };
const kept = join(cache, 'mft-patch/code');
const run = (line: string, changes: NodeJS.ProcessEnv = {}) => runCli(line.split(' '), { program, env: { ...env, ...changes } });

describe('it prints what the plain modules print:', () => {
  test.each([
    '--help',
    '-h',
    '--help --quiet',
    '--version',
    'help',
    'help image build',
    'matrix --help',
    'plan --mft 4.22.0-417 --json',
    'releases',
    'kernels --json',
    'patches check',
    'config --memory 4g',
    'completion bash',
    'frobnicate',
    'build --sample --kernel',
    'build --sample --kernel nonsense --json',
    'build /nothing/there',
    'verify package.json --kernel 6.1 --json',
    'image',
  ])('%s', async (line) => {
    const cwd = projectRoot;
    expect(await runCli(line.split(' '), { program, env, cwd })).toEqual(await runCli(line.split(' '), { program: cliPath, env, cwd }));
  });

  test.each([40, 80, 120])('the help on a terminal of %i columns', (columns) => {
    // Its options are Node's, for which there would be other code of V8's in the cache.
    const other = { env: { ...env, XDG_CACHE_HOME: makeDirectory() } };
    const terminal = `data:text/javascript,Object.assign(process.stdout,{isTTY:true,columns:${columns}})`;
    const [help = '', right = ''] = [program, cliPath].map((which) =>
      sh(`${process.execPath} --import '${terminal}' ${which} --help`, other),
    );
    expect(help).toBe(right);
    expect(Math.max(...right.split('\n').map(({ length }) => length))).toBeGreaterThan(columns - 10);
  });

  test.each(['--version', '--help'])('%s to a full disk', (line) => {
    for (const which of [program, cliPath]) {
      const full = sh(`${process.execPath} ${which} ${line} 2>&1 > /dev/full || echo $?`, { env });
      expect(full).toMatch(/^mft-patch: cannot write the result: ENOSPC.*\n {2}free space, or send stdout elsewhere\n5\n$/);
    }
  });

  test('a package, its record and its provenance', async () => {
    const made = await Promise.all(
      [program, cliPath].map(async (which) => {
        const out = makeDirectory();
        const line = 'build --sample nnt --no-verify --provenance --quiet --json';
        const { status, stderr } = await runCli(line.split(' '), { program: which, env, cwd: out });
        expect({ status, stderr }).toMatchObject({ status: 0, stderr: '' });
        return { names: readdirSync(join(out, 'dist')).sort(), sums: sh('cat dist/SHA256SUMS', { cwd: out }) };
      }),
    );
    expect(made[0]?.names.length).toBeGreaterThan(3);
    expect(made[0]).toEqual(made[1]);
  });
});

test('a stack trace names the sources', async () => {
  const directory = makeDirectory();
  const { stderr } = await runCli(['plan', '--sample', '--kernel', 'nonsense', '--verbose'], { program, env, cwd: directory });
  expect(stderr).toMatch(/src\/kernels\/\w+\.ts:\d+/);
});

test('the licences of all that it contains are beside it', () => {
  const text = readFileSync(join(projectRoot, 'build/LICENSES.txt'), 'utf8');
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  // Of this one there are types only.
  const inside = Object.keys(dependencies).filter((name) => name !== '@commander-js/extra-typings');
  for (const name of inside) expect(text).toMatch(new RegExp(`^${name} \\d.*: \\S`, 'm'));
  const { sources } = JSON.parse(readFileSync(`${join(projectRoot, 'build/program.cjs')}.map`, 'utf8')) as { sources: string[] };
  const packages = new Set(sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  for (const name of packages) expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
});

describe("V8's code for it", () => {
  const place = () => join(kept, readdirSync(kept)[0] ?? '');
  const isUsed = () => {
    const before = statSync(place()).ino;
    return async () => statSync(place()).ino === before;
  };

  test('is kept by the first run of a command, whole and for its user only, and fits', async () => {
    await run('kernels');
    await run('patches');
    const names = readdirSync(kept);
    expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.bin$/)]);
    expect(statSync(kept).mode & 0o077).toBe(0);
    const [, commands = ''] = readFileSync(place(), 'latin1').split('\n', 2);
    expect(commands.split(',')).toEqual(expect.arrayContaining(['kernels', 'patches']));
    const check = `const bytes = require('fs').readFileSync(process.argv[1]);
      const source = require('fs').readFileSync(process.argv[2]);
      const cachedData = bytes.subarray(bytes.indexOf(10, 65) + 1);
      console.log(new (require('vm').Script)(source.toString('latin1'), { cachedData }).cachedDataRejected);`;
    expect(sh(`${process.execPath} -e '${check.replaceAll("'", `'\\''`)}' '${place()}' '${projectRoot}build/program.cjs'`)).toBe('false\n');
  });

  test('is not written again by the same command', async () => {
    await run('kernels');
    const isSame = isUsed();
    await run('kernels');
    expect(await isSame()).toBe(true);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['a changed byte', (bytes) => Buffer.concat([bytes.subarray(0, -9), Buffer.from([(bytes.at(-9) ?? 0) ^ 1]), bytes.subarray(-8)])],
    ['a truncated file', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['an empty file', () => Buffer.alloc(0)],
  ])('is passed over and made again: %s', async (_, damage) => {
    const right = (await run('kernels')).stdout;
    const bytes = readFileSync(place());
    const damaged = damage(bytes);
    writeFileSync(place(), damaged);
    expect(await run('kernels')).toEqual({ status: 0, stdout: right, stderr: '' });
    expect(readFileSync(place()).equals(damaged)).toBe(false);
  });

  test('is passed over if another user could have written it', async () => {
    await run('kernels');
    chmodSync(place(), 0o666);
    const isSame = isUsed();
    expect((await run('kernels')).status).toBe(0);
    expect(await isSame()).toBe(false);
    expect(statSync(place()).mode & 0o777).toBe(0o600);
    if (process.geteuid?.() !== 0) return;
    chownSync(place(), 65534, 65534);
    const isSameAgain = isUsed();
    expect((await run('kernels')).status).toBe(0);
    expect(await isSameAgain()).toBe(false);
  });

  test('is not needed: the cache cannot be written, is a file, or has no absolute path', async () => {
    const right = (await run('kernels')).stdout;
    const file = join(makeDirectory(), 'file');
    writeFileSync(file, '');
    const directory = makeDirectory();
    mkdirSync(join(directory, 'mft-patch'));
    writeFileSync(join(directory, 'mft-patch/code'), '');
    for (const XDG_CACHE_HOME of [file, '/proc/nothing', directory, 'relative'])
      expect(await run('kernels', { XDG_CACHE_HOME })).toEqual({ status: 0, stdout: right, stderr: '' });
    expect(existsSync('relative')).toBe(false);
  });
});

test('a command loads what it needs only', () => {
  const list = "data:text/javascript,process.on('exit',()=>process.stderr.write(process.moduleLoadList.join('\\n')))";
  const heavy = ['child_process', 'http', 'https', 'tls'];
  const loadedBy = (...words: string[]) => {
    const { stderr, status } = spawnSync(process.execPath, ['--import', list, ...words], { encoding: 'utf8', env });
    expect(status).toBe(0);
    return heavy.filter((name) => stderr.split('\n').includes(`NativeModule ${name}`));
  };
  expect(loadedBy(program, '--version')).toEqual([]);
  expect(loadedBy(program, '--help')).toEqual([]);
  expect(loadedBy(program, 'plan', '--mft', '4.22.0-417')).toEqual([]);
  expect(loadedBy('-e', `${JSON.stringify(heavy)}.map(require)`)).toEqual(heavy);
});
