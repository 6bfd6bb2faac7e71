/** The vendor's download page has a stand-in here; it has not been tried against the real one. */
import { describe, expect, test } from 'vitest';
import { findRelease } from '../../src/bundle/releases.js';
import { askVendor } from '../../src/download/ask-vendor.js';
import { failureOf, testContext } from '../support.js';
import { vendorServer } from './vendor-server.js';

const sha = 'aB'.repeat(32);
const file = 'mft-4.20.1-14-x86_64-deb.tgz';
let answer: unknown = {};
let status = 200;
let asked = '';
const page = await vendorServer((request, response) => {
  asked = `${request.method} `;
  request.on('data', (chunk) => {
    asked += chunk;
  });
  request.on('end', () => response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer)));
});
const ask = (version: string, arch: string) => askVendor(findRelease(version, arch, []), testContext(), page);

describe("the vendor's download page", () => {
  test('is asked with the form of its own clients', async () => {
    answer = {
      files: [
        { file: 'other.tgz', sha: '0'.repeat(64) },
        { file, url: `https://vendor.invalid/${file}`, sha },
      ],
    };
    expect(await ask('4.20.1-14', 'amd64')).toBe(sha.toLowerCase());
    expect(asked).toBe('POST action=get_download_info&version=4.20.1-14&distro=Linux&os=DEB+based&arch=x86_64');
    answer = { files: [{ url: 'https://vendor.invalid/mft-4.30.1-113-arm64-deb.tgz', sha }] };
    expect(await ask('4.30.1-113', 'arm64')).toBe(sha.toLowerCase());
    expect(asked).toContain('arch=aarch64');
  });

  test.each([
    [{ files: [] }, `has no SHA-256 for ${file}`],
    [{ files: [{ file, sha: 'd41d8cd98f00b204e9800998ecf8427e' }] }, `has no SHA-256 for ${file}`],
    [{}, `has no SHA-256 for ${file}`],
    ['<html>', 'JSON'],
  ])('that answers %j is exit 3', async (text, words) => {
    answer = text;
    expect(await failureOf(() => ask('4.20.1-14', 'amd64'))).toMatchObject({
      code: 'download-failed',
      detail: expect.stringContaining(words),
    });
  });

  test('that refuses is exit 3', async () => {
    status = 503;
    expect(await failureOf(() => ask('4.20.1-14', 'amd64'))).toMatchObject({ detail: expect.stringContaining('503') });
  });
});
