import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vendorServer } from '../download/vendor-server.js';
import { built, edit, flat, folder, run, sha256, withInput } from '../output/records.js';
import { makeDirectory, missing, runCli, sample } from '../support.js';

const url = await vendorServer((_, response) => response.end(flat.bundle));
const equal = { exit: 0, status: 'equal', differences: [] };

describe('rebuild says equal for what was built', () => {
  test.each([
    ['the sample, universal', ['--sample']],
    ['the sample, baked', ['--sample', '--kernel', '5.18']],
    ['the NNT sample, universal', ['--sample', 'nnt']],
    ['the NNT sample, baked', ['--sample', 'nnt', '--kernel', '7.3']],
    ['the newest sample, baked', ['--sample', 'nnt-4.26', '--kernel', '5.10']],
    ['the running kernel', ['--sample', '--kernel', 'host']],
    ['a bundle', ['--bundle', 'vendor.tgz']],
    ['a package by itself', ['--deb', 'vendor.deb', '--kernel', '6.1.0-50-amd64']],
    ['a bundle by its URL', ['--bundle', `${url}/vendor.tgz`]],
  ])('from %s', async (_, args) => {
    const { out, name, record, deb } = await built(...args);
    const before = readdirSync(out);
    const { status, stdout } = await runCli(['rebuild', record, '--json', '--cache-dir', join(folder, 'cache')], { cwd: folder });
    const bytes = readFileSync(deb);
    const is = { sha256: sha256(bytes), bytes: bytes.length };
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toStrictEqual({
      schema: 'mft-patch/rebuild@1',
      record,
      input: {
        path: expect.stringMatching(new RegExp(`(^|/)${basename(JSON.parse(readFileSync(record, 'utf8')).input.path)}$`)),
        sha256: sha256((await sample(name.includes('4.22') ? 'nnt' : name.includes('4.26') ? 'nnt-4.26' : 'flat')).deb),
      },
      artifact: { name, ...is },
      rebuilt: { name, ...is },
      beside: { path: deb, ...is },
      status: 'equal',
      differences: [],
      notRebuilt: [],
    });
    expect(readdirSync(out)).toEqual(before);
  });

  test('without the package, in words', async () => {
    const { record, name, deb } = await built('--sample');
    rmSync(deb);
    const { status, stdout, stderr } = await runCli(['rebuild', record]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(
      `${name}: identical\nRebuilt from sample:mft-4.15.1-0sample-x86_64-deb.tgz: SHA-256 ${JSON.parse(readFileSync(record, 'utf8')).artifacts[0].sha256}\nThere is no package next to the record.\n`,
    );
  });

  test('and which files it did not make again', async () => {
    const { record } = await built('--bundle', 'vendor.tgz', '--repack-bundle');
    expect(await run(['rebuild', record])).toMatchObject({ ...equal, notRebuilt: ['vendor.tgz'] });
    expect((await runCli(['rebuild', record], { cwd: folder })).stdout).toContain('\nNeither rebuilt nor compared: vendor.tgz\n');
  });

  test('offline, from the cache, when the server is gone', async () => {
    const { record } = await built('--bundle', `${url}/gone.tgz`);
    edit(record, withInput({ path: 'http://127.0.0.1:1/gone.tgz' }));
    expect(await run(['rebuild', record, '--offline'])).toMatchObject(equal);
  });

  test.skipIf(missing('docker') !== '')('of a matrix', async () => {
    const out = makeDirectory();
    await run(['matrix', '--sample', '--kernels', 'debian-12', '--engine', 'docker', '--out', out]);
    const record = readdirSync(out).find((file) => file.endsWith('.build.json')) ?? '';
    expect(await run(['rebuild', join(out, record)])).toMatchObject(equal);
  });
});

describe('the input of a rebuild', () => {
  test('is found from where the record lies, when it was moved with its folder', async () => {
    const place = makeDirectory();
    mkdirSync(join(place, 'here/in'), { recursive: true });
    cpSync(join(folder, 'vendor.tgz'), join(place, 'here/in/vendor.tgz'));
    await run(['build', '--no-verify', '--bundle', 'in/vendor.tgz', '--out', 'out/dist'], join(place, 'here'));
    renameSync(join(place, 'here'), join(place, 'there'));
    const dist = join(place, 'there/out/dist');
    const record = join(dist, readdirSync(dist).find((file) => file.endsWith('.json')) ?? '');
    expect(await run(['rebuild', record], '/')).toMatchObject({ ...equal, input: { path: join(place, 'there/in/vendor.tgz') } });
  });

  test('is where the options say; as bundle or as package is the same', async () => {
    const { record } = await built('--bundle', 'vendor.tgz');
    edit(record, withInput({ path: '/nowhere/ci/vendor.tgz' }));
    expect(await run(['rebuild', record])).toMatchObject({ exit: 3, code: 'no-input', path: '/nowhere/ci/vendor.tgz' });
    for (const options of [['--bundle', 'vendor.tgz'], ['--deb', 'vendor.deb'], ['--sample']]) {
      expect(await run(['rebuild', record, ...options])).toMatchObject(equal);
    }
  });

  test('must be that of the record', async () => {
    const { record } = await built('--bundle', 'vendor.tgz');
    const expected = { exit: 3, code: 'digest-mismatch', expected: sha256(flat.deb), actual: sha256((await sample('nnt')).deb) };
    expect(await run(['rebuild', record, '--sample', 'nnt'])).toMatchObject(expected);
    edit(record, withInput({ path: 'sample:mft-9.tgz' }));
    expect(await run(['rebuild', record])).toMatchObject({ exit: 3, code: 'no-input', path: 'sample:mft-9.tgz' });
  });
});
