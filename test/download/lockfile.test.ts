import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { tarOf } from '../bundle/archives.js';
import { cli } from '../cli.js';
import { failureOf } from '../support.js';
import { bundle, cached, deb, get, name, right, server, unknown } from './misbehaving.js';

const lock = () => JSON.parse(readFileSync(join(server.home, 'mft-patch.lock'), 'utf8'));

describe('trust', () => {
  test('a wrong digest is exit 3 with both, and nothing is kept', async () => {
    const expected = '0'.repeat(64);
    expect(await failureOf(() => get({ sha256: expected }))).toMatchObject({ code: 'digest-mismatch', expected, actual: right });
    expect(await failureOf(() => get(unknown, { sha256: expected }))).toMatchObject({ code: 'digest-mismatch', expected, actual: right });
    expect(cached()).toEqual([]);
    expect(readdirSync(join(server.home, 'cache/parts'))).toEqual([]);
  });

  test('without one the first download is noted, and must match from then on', async () => {
    const { told } = await get(unknown);
    expect(told.warnings.join()).toContain(right);
    expect(lock()).toEqual({ version: 2, files: { [`${server.url}/x.tgz`]: { sha256: right } } });
    expect((await get(unknown)).told.warnings).toEqual([]);
    server.answer = (_, response) => response.end(gzipSync(tarOf({ path: `m/${name}`, body: deb })));
    rmSync(join(server.home, 'cache'), { recursive: true });
    expect(await failureOf(() => get(unknown))).toMatchObject({ code: 'digest-mismatch', expected: right });
  });

  test('an MD5 is checked, and proves nothing', async () => {
    const md5 = createHash('md5').update(bundle).digest('hex');
    await get({ ...unknown, md5 });
    expect(lock().files[`${server.url}/x.tgz`].sha256).toBe(right);
    rmSync(join(server.home, 'mft-patch.lock'));
    rmSync(join(server.home, 'cache'), { recursive: true });
    const wrong = { ...unknown, md5: '0'.repeat(32) };
    expect(await failureOf(() => get(wrong))).toMatchObject({ code: 'digest-mismatch', algorithm: 'MD5', actual: md5 });
    expect(await failureOf(() => get({ ...unknown, md5 }, { requireDigest: true }))).toMatchObject({ code: 'digest-unknown' });
  });

  test('without one nothing is taken over http, and no connection made', async () => {
    const url = 'http://mirror.invalid/x.tgz';
    expect(await failureOf(() => get({ ...unknown, url }))).toMatchObject({
      code: 'digest-unknown',
      detail: expect.stringContaining('not https'),
    });
  });

  test.each(['0', 'g'.repeat(64), '', right.slice(1)])('--sha256 %j is no digest', async (text) => {
    const args = ['fetch', '--mft', '4.20.1-14', '--sha256', text, '--offline', '--cache-dir', join(server.home, 'cache')];
    await cli(args).fails(2, { code: 'usage', detail: expect.stringContaining(`'${text}' is invalid`) });
    expect(cached()).toEqual([]);
  });

  test('a lock file that is none is said to be', async () => {
    for (const text of [
      '{',
      '[]',
      '{"version":2,"bundles":{}}',
      '{"version":3,"files":{}}',
      '{"version":1,"bundles":null}',
      '{"version":2,"files":null}',
      '{"version":2,"files":{"x":null}}',
      '{"version":1,"bundles":{"x.tgz":{"sha256":"1"}}}',
    ]) {
      writeFileSync(join(server.home, 'mft-patch.lock'), text);
      const file = join(server.home, 'mft-patch.lock');
      expect(await failureOf(() => get(unknown))).toMatchObject({
        code: 'bad-catalogue',
        file,
        hint: expect.stringContaining(`rm ${file}`),
      });
    }
  });

  test.each(['', '\n'])('an empty lock file %j is as none', async (text) => {
    writeFileSync(join(server.home, 'mft-patch.lock'), text);
    await get(unknown);
    expect(lock().files[`${server.url}/x.tgz`].sha256).toBe(right);
  });
});
