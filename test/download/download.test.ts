import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Release } from '../../src/bundle/release-file.js';
import { noise, tarOf } from '../bundle/archives.js';
import { cli } from '../cli.js';
import { cliPath, makeDirectory, projectRoot, sample } from '../support.js';
import { start, vendorServer } from './vendor-server.js';

const { bundle, deb, name } = await sample();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const folder = makeDirectory();

const asked = await sample('flat', '4.20.1-7');

/** How the server answers, by path. */
const answers: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  '/sample.tgz': (response) => response.writeHead(200, { 'content-length': bundle.length }).end(bundle),
  '/chunked.tgz': (response) => response.writeHead(200).end(bundle),
  '/moved': (response) => response.writeHead(301, { location: '/moved/again' }).end('<html>moved</html>'),
  '/moved/again': (response) => response.writeHead(302, { location: '/sample.tgz' }).end(),
  '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
  '/long-404': (response) => response.writeHead(404).end(noise(20_000_000)),
  '/page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>'),
  '/nothing': (response) => response.writeHead(200).end(),
  '/cut-cleanly': (response) => response.writeHead(200).end(bundle.subarray(0, bundle.length / 2)),
  // Apache's AddEncoding does this to .tgz files: the encoding is that of the file itself, not one for the way.
  '/labelled.tgz': (response) => response.writeHead(200, { 'content-encoding': 'x-gzip', 'content-type': 'application/x-tar' }).end(bundle),
  '/encoded.tgz': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bundle)),
};
const requests: IncomingMessage[] = [];
const url = await vendorServer((request, response) => {
  requests.push(request);
  const answer = answers[request.url ?? ''];
  if (answer) answer(response, request);
  else response.writeHead(404).end('<html>not here</html>');
});

const build = (path: string, out: string, ...more: string[]) =>
  start(
    [
      'build',
      '--bundle',
      url + path,
      '--kernel',
      '5.18',
      '--no-verify',
      '--json',
      '--out',
      join(folder, out),
      '--cache-dir',
      join(folder, out, '../cache'),
      ...more,
    ],
    20,
    cliPath,
    folder,
  ).ended;

describe('a bundle by its URL', () => {
  test.each(['/sample.tgz', '/chunked.tgz', '/moved', '/labelled.tgz'])('%s is downloaded and patched', async (path) => {
    const { status, stdout, stderr } = await build(path, `good${path}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining(`downloading ${url}${path}\n`) });
    const { input, artifacts } = JSON.parse(stdout);
    expect(input).toEqual({ path: url + path, member: expect.stringContaining(name), sha256: sha256(deb), bundleSha256: sha256(bundle) });
    expect(sha256(readFileSync(artifacts[0].path))).toBe(artifacts[0].sha256);
  });

  test('is asked for as it lies there', async () => {
    await build('/sample.tgz', 'asked');
    expect(requests.findLast((request) => request.url === '/sample.tgz')?.headers).toMatchObject({ 'accept-encoding': 'identity' });
  });

  test('that the server has compressed once more is read or refused, never taken for something else', async () => {
    const { status, stdout, stderr } = await build('/encoded.tgz', 'encoded');
    if (status === 0) expect(JSON.parse(stdout).input.sha256).toBe(sha256(deb));
    else expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining('compressed twice') });
  });
});

describe('a download that fails is exit 3, in words, and leaves nothing:', () => {
  test.each([
    ['/none', 'download-failed', 'the server returned 404 Not Found'],
    ['/long-404', 'download-failed', 'the server returned 404 Not Found'],
    ['/round', 'download-failed', 'redirect'],
    ['/cut-cleanly', 'bundle-damaged', 'corrupt or truncated: unexpected end of file'],
    ['/page', 'bundle-damaged', 'this is a web page, not a bundle'],
    ['/nothing', 'bundle-damaged', 'neither a tar archive'],
  ])('%s', async (path, code, words) => {
    const { status, stdout, stderr, seconds } = await build(path, 'bad');
    // On a busy machine the program alone takes seconds; to try again and again takes more than thirty.
    expect({ status, quick: seconds < 15 }).toEqual({ status: 3, quick: true });
    const failure = JSON.parse(stdout);
    expect(failure).toMatchObject({ schema: 'mft-patch/error@1', code, hint: expect.stringMatching(/\S/) });
    expect(failure.url ?? failure.path).toBe(url + path);
    expect(failure.message).toMatch(new RegExp(`${url}${path}: .*(${words})`));
    expect(stderr).toContain(`mft-patch: ${failure.message}\n  ${failure.hint}\n`);
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  test('--offline, which makes no connection', async () => {
    const before = requests.length;
    const cache = join(folder, 'none');
    const offline = { code: 'download-failed', detail: expect.stringContaining('--offline is set') };
    const build = ['build', '--bundle', `${url}/never-seen.tgz`, '--no-verify', '--offline', '--cache-dir', cache];
    await cli(build, { cwd: folder }).fails(3, { ...offline, url: `${url}/never-seen.tgz` });
    expect(requests.length).toBe(before);
    const name = 'mft-4.21.0-99-x86_64-deb.tgz';
    await cli([
      'build',
      '--mft',
      '4.21.0-99',
      '--arch',
      'amd64',
      '--kernel',
      '5.18',
      '--no-verify',
      '--offline',
      '--cache-dir',
      cache,
    ]).fails(3, {
      ...offline,
      url: expect.stringContaining(name),
    });
  });
});

describe('the digest of releases.json', () => {
  /** The built program with another catalogue beside it. */
  const program = join(folder, 'program');
  for (const part of ['build', 'patches', 'kernels', 'samples', 'container', 'package.json']) {
    cpSync(join(projectRoot, part), join(program, part), { recursive: true });
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(program, 'node_modules'));
  const bytes = gzipSync(tarOf({ path: `m/${asked.name}`, body: asked.deb }, { path: 'm/z', body: noise(5_000_000) }));
  answers['/known.tgz'] = (response) => response.end(bytes);
  const planWith = (digests: Release['digests']) => {
    const release: Release = { version: '4.20.1', revision: '7', arch: 'x86_64', url: `${url}/known.tgz`, digests, seenIn: ['here'] };
    writeFileSync(join(program, 'releases.json'), JSON.stringify({ releases: [release] }));
    const out = join(folder, 'known');
    const args = [
      'build',
      '--mft',
      '4.20.1-7',
      '--arch',
      'amd64',
      '--kernel',
      '5.18',
      '--no-verify',
      '--out',
      out,
      '--json',
      '--cache-dir',
      join(folder, 'cache'),
    ];
    return start(args, 120, join(program, 'build/cli.js'), folder).ended;
  };

  test('is compared with that of the whole download', async () => {
    const wrong = '0'.repeat(64);
    const { status, stdout, stderr } = await planWith({ sha256: wrong });
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 3, code: 'digest-mismatch', expected: wrong, actual: sha256(bytes) });
    expect(stderr).toContain(`SHA-256 is ${sha256(bytes)}, expected ${wrong}`);
    expect(existsSync(join(folder, 'known'))).toBe(false);
  });

  test('that is right stands in the record', async () => {
    const { status, stdout, stderr } = await planWith({ sha256: sha256(bytes) });
    expect({ status, ...JSON.parse(stdout).input }).toMatchObject({ status: 0, bundleSha256: sha256(bytes) });
    expect(stderr).not.toContain('warning');
    expect(readdirSync(join(folder, 'known'))).toHaveLength(3);
  });
});
