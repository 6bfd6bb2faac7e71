/** What only https shows: a way down to http, and that the first download of a bundle without a digest is taken over it. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, runCli, sample, sh } from '../support.js';
import { vendorServer } from './vendor-server.js';

const folder = makeDirectory();

describe.skipIf(missing('tools') !== '')('over https', async () => {
  sh(
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' -keyout key.pem -out cert.pem 2>&1",
    { cwd: folder },
  );
  const { bundle } = await sample();
  const plain = await vendorServer((_, response) => response.end(bundle));
  const server = createServer(
    { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) },
    (request, response) => {
      if (request.url === '/down.tgz') response.writeHead(302, { location: `${plain}/x.tgz` }).end();
      else response.end(bundle);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  afterAll(() => {
    server.close();
  });
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') };
  const build = (path: string) =>
    runCli(
      ['build', '--kernel', '5.18', '--no-verify', '--json', '--quiet', '--bundle', url + path, '--cache-dir', 'cache', '--out', 'out'],
      { cwd: folder, env },
    );

  test('a redirect to http is not followed', async () => {
    const { status, stdout } = await build('/down.tgz');
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      status: 3,
      code: 'download-failed',
      detail: expect.stringContaining('from https to http:'),
    });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('a bundle without a digest is taken, and its digest noted', async () => {
    const { status, stderr, stdout } = await build('/good.tgz');
    const { bundleSha256 } = JSON.parse(stdout).input;
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining(bundleSha256) });
    expect(JSON.parse(readFileSync(join(folder, 'mft-patch.lock'), 'utf8')).files).toEqual({
      [`${url}/good.tgz`]: { sha256: bundleSha256 },
    });
  });

  test('a certificate that nobody vouches for is refused', async () => {
    const args = ['plan', '--kernel', '5.18', '--bundle', `${url}/good2.tgz`, '--cache-dir', 'cache2', '--json', '--quiet'];
    const child = runCli(args, { cwd: folder, env: { ...process.env, NODE_EXTRA_CA_CERTS: '' } });
    expect(await child).toMatchObject({ status: 3, stdout: expect.stringContaining('self-signed certificate') });
  });
});
