/** mft-patch.json: what it sets, what it does not, and what is wrong with it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { options } from '../../src/cli/options.js';
import { keys } from '../../src/cli/project-keys.js';
import { cli } from '../cli.js';
import { writeSeries } from '../own/series.js';
import { makeDirectory } from '../support.js';

const root = makeDirectory();
let count = 0;
/** A directory with a project file. */
function project(content: object | string): string {
  const cwd = join(root, String(++count));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'mft-patch.json'), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return cwd;
}
const env = (more: NodeJS.ProcessEnv = {}) => ({ PATH: process.env.PATH, HOME: root, ...more });

interface Row {
  key: string;
  value: unknown;
  from: object;
}

async function settings(line: string, cwd: string, more: NodeJS.ProcessEnv = {}): Promise<Record<string, Row>> {
  const { settings: rows } = await cli(line, { cwd, env: env(more) }).prints({ schema: 'mft-patch/config@1' });
  return Object.fromEntries(rows.map((row: Row) => [row.key, row]));
}

describe('config', () => {
  test('says where each value is from: flag, file, environment, default', async () => {
    const cwd = project({ memory: '3g', mirror: 'https://a:b@c/d', timeout: 7, kernel: ['6.1', 'debian-13'] });
    const rows = await settings('config --timeout 9 --patches x --patches y', cwd, { MFT_PATCH_MIRROR: 'http://env' });
    expect(rows.memory).toEqual({ key: 'memory', value: '3g', from: { kind: 'file', file: 'mft-patch.json', line: 2 } });
    expect(rows.mirror).toMatchObject({ value: 'https://c/d', from: { kind: 'file', line: 3 } });
    expect(rows.timeout).toEqual({ key: 'timeout', value: '9', from: { kind: 'flag', flag: '--timeout' } });
    expect(rows.patches).toMatchObject({ value: ['x', 'y'], from: { kind: 'flag' } });
    expect(rows.kernel).toMatchObject({ value: ['6.1', 'debian-13'], from: { line: 5 } });
    expect(rows.out).toEqual({ key: 'out', value: 'dist', from: { kind: 'default' } });
    expect(rows.mft).toMatchObject({ value: '4.20.1-14', from: { kind: 'default' } });
    expect(rows.cacheDir).toMatchObject({ from: { kind: 'environment', variable: 'HOME' } });
    expect(rows).not.toHaveProperty('bundle');
    const empty = await settings('config', project({}), { MFT_PATCH_MIRROR: 'http://env' });
    expect(empty.mirror).toMatchObject({ from: { kind: 'environment', variable: 'MFT_PATCH_MIRROR' } });
  });

  test('as text', async () => {
    await cli('config --disk 7g', { cwd: project({ sample: 'nnt' }), env: env() }).succeeds(
      /^sample +nnt +mft-patch\.json:2\n[\s\S]*^disk +7g +--disk$/m,
    );
  });

  test('takes every key as its flag, but those that do not go together', async () => {
    const { stdout } = await cli('config --help', { cwd: root, env: env() }).succeeds(/Usage/);
    for (const key of keys) expect(stdout).toContain(options[key].long);
    expect(keys).toEqual(
      expect.arrayContaining(['bundle', 'deb', 'mft', 'kernel', 'mirror', 'report', 'out', 'engine', 'patches', 'kernelsDir', 'releases']),
    );
    for (const key of ['json', 'list', 'merge', 'dryRun', 'headers']) expect(keys).not.toContain(key);
    await cli('config --sample --deb x.deb', { cwd: root, env: env() }).fails(2, { code: 'usage' });
  });
});

describe('a project file', () => {
  test('is that of --config, with paths relative to it', async () => {
    const cwd = project({ patches: ['own', '/abs'], bundle: 'https://a/b.tgz', out: '../there', lock: 'x.lock' });
    const rows = await settings('config --config mft-patch.json', cwd);
    expect(rows.patches?.value).toEqual(['own', '/abs']);
    const place = join(cwd, 'below');
    mkdirSync(place);
    const below = await settings('config --config ../mft-patch.json', place);
    expect([below.patches?.value, below.bundle?.value, below.out?.value, below.lock?.value]).toEqual([
      ['../own', '/abs'],
      'https://a/b.tgz',
      '../../there',
      '../x.lock',
    ]);
    await cli('config --config none.json', { cwd, env: env() }).fails(3, { code: 'no-input', path: 'none.json' });
  });

  test('names its faults with file, line and the nearest key', async () => {
    const cwd = project('{\n  "kernal": "6.1",\n  "memory": "lots",\n  "timeout": 0,\n  "engine": "lxc",\n  "offline": "yes"\n}');
    const failure = await cli('kernels', { cwd, env: env() }).fails(2, { code: 'bad-catalogue', file: 'mft-patch.json', line: 2 });
    const lines = failure.message.split('\n');
    expect(lines[0]).toBe("mft-patch.json:2: unknown field 'kernal' (did you mean 'kernel'?)");
    expect(lines.slice(1).map((line) => line.replace(/: (\w+): .*/, ' $1'))).toEqual([
      'mft-patch.json:3 memory',
      'mft-patch.json:4 timeout',
      'mft-patch.json:5 engine',
      'mft-patch.json:6 offline',
    ]);
    await cli('kernels', { cwd: project('{"a":'), env: env() }).fails(2, { code: 'bad-catalogue', line: 1 });
    await cli('kernels', { cwd: project({ sample: true, deb: 'x' }), env: env() }).fails(2, { code: 'bad-catalogue', line: 2 });
  });

  test('sets what its command takes, and is passed over elsewhere', async () => {
    const cwd = project({
      sample: 'nnt',
      patches: 'own',
      kernel: ['debian-13', '6.1'],
      jobs: 2,
      maxKernel: '7.3',
      noVerify: true,
      releases: 'r.json',
      lock: 'l',
    });
    writeFileSync(join(cwd, 'r.json'), '{"releases": []}');
    writeSeries(join(cwd, 'own'), { hello: { MFT: '<1.0.0' } });
    const warned = { contains: 'warning: own/series' };
    const planned = await cli('plan', { cwd, env: env() }).prints({ mft: { version: '4.22.0' }, kernel: { requested: 'all' } }, warned);
    expect(planned.patches.at(-1)).toMatchObject({ id: 'hello', origin: 'own' });
    const built = await cli('build', { cwd, env: env() }).prints(
      { maxKernel: '7.3', kernel: { requested: 'all' }, verification: { reason: '--no-verify' } },
      warned,
    );
    expect((await cli('matrix --list', { cwd, env: env() }).prints({}, { contains: '6.1: using target' })).kernels).toEqual([
      'debian-13',
      'debian-12',
    ]);
    await cli('cache ls', { cwd, env: env() }).prints({});
    // The record says what its input is, and of own patches none is inside.
    await cli(`rebuild ${built.artifacts[0].path.replace(/deb$/, 'build.json')}`, { cwd, env: env() }).prints({ status: 'equal' });
  });

  test('has a key and its certificate together, and drops both where no modules are made', async () => {
    const cwd = project({ modules: true, signKey: 'no.key', signCert: 'no.pem', offline: true });
    // They hold: the key is opened before anything is built.
    const line = 'build --sample --kernel 6.1 --offline';
    await cli(line, { cwd, env: env() }).fails(3, { code: 'no-input', path: expect.stringMatching(/^no\.(key|pem)$/) }, /^/);
    await cli('build --sample --kernel 6.1 --no-verify', { cwd, env: env() }).prints({ verification: { reason: '--no-verify' } });
    await cli('build --sample --no-verify', { cwd, env: env() }).prints({ verification: { reason: '--no-verify' } });
    for (const other of [{ noVerify: true }, { onlyFailed: true }]) {
      const both = project({ ...other, modules: true });
      await cli('kernels', { cwd: both, env: env() }).fails(2, { code: 'bad-catalogue', line: 3 });
    }
  });

  test('gives way to flags, with what belongs to them', async () => {
    const cwd = project({ mft: '4.22.0-417', sha256: 'ab'.repeat(32), kernel: '6.1', memory: '3g', verify: true, offline: true });
    await cli('plan --sample', { cwd, env: env() }).prints({ mft: { version: '4.15.1' } });
    await cli('build --sample --no-verify', { cwd, env: env() }).prints({ verification: { reason: '--no-verify' } });
    expect((await cli('matrix --list --kernel debian-11', { cwd, env: env() }).prints({})).kernels).toEqual(['debian-11']);
    const rows = await settings('config --deb x.deb', cwd);
    expect(rows).not.toHaveProperty('mft');
    expect(rows).not.toHaveProperty('sha256');
  });
});
