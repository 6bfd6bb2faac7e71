import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestsOf, makeOwn } from '../../src/download/part.js';
import { sha256 } from '../../src/system/digest.js';
import { failureOf, makeDirectory } from '../support.js';
import { bundle, cached, expectRight, get, serve, server } from './misbehaving.js';

/** The one part in the cache. */
function partPath(): string {
  const parts = join(server.home, 'cache/parts');
  return join(parts, readdirSync(parts).find((name) => name.endsWith('.part')) ?? '');
}

/** Sends half, and the rest when `between` has been done. */
function interfere(between: () => void): void {
  server.answer = (_, response) => {
    response.writeHead(200, { 'content-length': bundle.length });
    response.write(bundle.subarray(0, bundle.length / 2), () => {
      const isThere = () => partPath().endsWith('.part') && existsSync(partPath()) && readFileSync(partPath()).length > 100;
      const look = () => {
        if (!isThere()) return void setTimeout(look, 5);
        between();
        response.end(bundle.subarray(bundle.length / 2));
      };
      look();
    });
  };
}

test('the digest is that of what is on the disk, not of what came over the wire', async () => {
  interfere(() => {
    const file = openSync(partPath(), 'r+');
    writeSync(file, Buffer.from('another process'), 0, 15, 0);
    closeSync(file);
  });
  expect(await failureOf(() => get())).toMatchObject({ code: 'digest-mismatch' });
  expect(cached()).toEqual([]);
});

test('who has a part open from before does not write to that of the next owner', async () => {
  const part = join(makeDirectory(), 'x.part');
  writeFileSync(part, 'beginning');
  const file = openSync(part, 'r+');
  await makeOwn(part);
  writeSync(file, Buffer.from('zombie'), 0, 6, 0);
  closeSync(file);
  expect(readFileSync(part, 'utf8')).toBe('beginning');
  expect((await digestsOf(part, true, new AbortController().signal)).sha256).toBe(sha256('beginning'));
  await makeOwn(`${part}.missing`);
});

test('a part of an earlier boot, of which nothing was flushed, is begun anew', async () => {
  const retry = { connect: 20_000, silence: 20_000, backoff: 1, retryAfter: 50, retries: 0 };
  server.answer = (request, response) => serve(request, response, { until: 100_000 });
  await failureOf(() => get({}, { retry }));
  const known = `${partPath()}.json`;
  writeFileSync(known, JSON.stringify({ ...JSON.parse(readFileSync(known, 'utf8')), boot: 'another' }));
  server.answer = (request, response) => serve(request, response);
  await expectRight(get());
  expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
});
