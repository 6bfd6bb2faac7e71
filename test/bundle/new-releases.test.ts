/** The vendor's page, with a stand-in on this machine: how the real one answers is not known, so whatever it does must end well. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { findNewReleases, withEntries } from '../../src/bundle/new-releases.js';
import { parseReleases, type Release } from '../../src/bundle/release-file.js';
import { checkReleases } from '../../src/commands/check-releases.js';
import { retryPolicy } from '../../src/download/http.js';
import { renderText } from '../../src/report/text.js';
import { vendorServer } from '../download/vendor-server.js';
import { failureOf, makeDirectory, projectRoot, testContext } from '../support.js';

type Form = Record<string, string>;
const sha = 'aB'.repeat(32);
/** What the stand-in answers: a text as it is, all else as JSON. */
let answer: (form: Form) => unknown;
let asked: Form[] = [];
let unkind: ((response: ServerResponse, count: number) => boolean) | undefined;

const url = await vendorServer((request: IncomingMessage, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const form = Object.fromEntries(new URLSearchParams(body));
    asked.push(form);
    if (unkind?.(response, asked.length)) return;
    const text = answer(form);
    response.end(typeof text === 'string' ? text : JSON.stringify(text));
  });
});
const retry = { ...retryPolicy, connect: 5000, silence: 5000, backoff: 1, retryAfter: 10, retries: 2 };
const page = { url, retry };

const name = (version: string, arch = 'x86_64') => `mft-${version}-${arch}-deb.tgz`;
const at = (file: string) => `https://vendor.invalid/downloads/MFT/${file}`;
/** A page that has these versions, for x86_64 and arm64. */
const kind =
  (...versions: string[]) =>
  ({ action, version = '', arch = '' }: Form): unknown => {
    if (action === 'get_versions') return { latest: versions[0], versions };
    const file = name(version, arch);
    return {
      files:
        arch === 'ppc64le'
          ? []
          : [
              { file: file.replace('-deb.tgz', '-rpm.tgz'), sha },
              { file, url: at(file), sha },
            ],
    };
  };
const known: Release[] = [
  { version: '4.36.0', revision: '147', arch: 'x86_64', url: at(name('4.36.0-147')), digests: {}, seenIn: ['a recipe'] },
];
const find = (releases = known) => findNewReleases(releases, page, '2026-11-26', testContext());

beforeEach(() => {
  [asked, unkind] = [[], undefined];
});

describe('new releases', () => {
  test('are what the page lists and no catalogue has, for each architecture', async () => {
    answer = kind('4.37.0-200', '4.36.0-147');
    const { listed, found, unclear } = await find();
    expect([listed, unclear]).toEqual([2, []]);
    expect(found).toEqual(
      ['arm64', 'x86_64'].map((arch) => ({
        ...{ version: '4.37.0', revision: '200', arch },
        url: at(name('4.37.0-200', arch === 'arm64' ? 'aarch64' : arch)),
        digests: { sha256: sha.toLowerCase() },
        seenIn: ["the vendor's download page (2026-11-26)"],
      })),
    );
    expect(asked.map(({ action, arch }) => [action, arch])).toEqual([
      ['get_versions', undefined],
      ...['aarch64', 'ppc64le', 'x86_64'].map((arch) => ['get_download_info', arch]),
    ]);
  });

  test('none, if all are known: nothing more is asked', async () => {
    answer = kind('4.36.0-147');
    expect(await find()).toEqual({ listed: 1, found: [], unclear: [] });
    expect(asked).toHaveLength(1);
  });

  test('by the name of the file, where the page calls them otherwise', async () => {
    answer = ({ action, arch }) =>
      action === 'get_versions'
        ? ['4.22.1-LTS', '4.36.0']
        : { files: arch === 'x86_64' ? [{ file: name('4.22.1-526') }, { file: name('4.36.0-147') }] : [] };
    const { found } = await find();
    expect(found).toMatchObject([{ version: '4.22.1', revision: '526', digests: {}, urlComposed: true }]);
  });

  test.each([
    ['https://user:secret@vendor.invalid/MFT/'],
    ['http://vendor.invalid/MFT/'],
    ['https://vendor.invalid/MFT/?token=1&file='],
    ['javascript:'],
    ['https://vendor.invalid/"><script>/'],
  ])('take no URL like %s from it', async (place) => {
    answer = ({ action, arch }) =>
      action === 'get_versions'
        ? ['4.37.0-200']
        : { files: arch === 'x86_64' ? [{ file: name('4.37.0-200'), url: place + name('4.37.0-200'), sha }] : [] };
    expect((await find()).found).toMatchObject([
      { url: 'https://www.mellanox.com/downloads/MFT/mft-4.37.0-200-x86_64-deb.tgz', urlComposed: true },
    ]);
  });
});

describe('a page that', () => {
  test.each<[string, unknown]>([
    ['answers with a login page', '<html>sign in</html>'],
    ['answers nothing', ''],
    ['answers null', 'null'],
    ['lists nothing', { versions: [] }],
    ['lists what is no version', { versions: ['latest', '4', '1.2', `4.37.0-${'9'.repeat(99)}`, '4.37.0-1 <b>', 7, null] }],
    ['lists without end', { versions: Array.from({ length: 501 }, (_, index) => `4.${index}.0-1`) }],
  ])('%s is exit 3', async (_, text) => {
    answer = () => text;
    expect(await failureOf(find)).toMatchObject({ code: 'download-failed', url: expect.stringContaining('127.0.0.1') });
  });

  test('nests deeper than a stack is read', async () => {
    answer = ({ action }) => (action === 'get_versions' ? `${'['.repeat(9000)}"4.36.0-147"${']'.repeat(9000)}` : '');
    expect((await find()).listed).toBe(1);
  });

  test('fails a while is asked again, at most three times', async () => {
    answer = kind('4.36.0-147');
    unkind = (response, count) => {
      if (count > 2) return false;
      if (count === 1) response.writeHead(503, { 'retry-after': '0' }).end();
      else response.destroy();
      return true;
    };
    expect((await find()).listed).toBe(1);
    asked = [];
    unkind = (response) => Boolean(response.writeHead(503).end());
    expect(await failureOf(find)).toMatchObject({ code: 'download-failed', detail: expect.stringContaining('503') });
    expect(asked).toHaveLength(3);
  });

  test('breaks off in the middle is asked again', async () => {
    answer = kind('4.36.0-147');
    unkind = (response, count) => {
      if (count > 1) return false;
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"versions": ["4.36');
      setTimeout(() => response.destroy(), 20);
      return true;
    };
    expect((await find()).listed).toBe(1);
  });

  test('leads away from https is not followed', async () => {
    unkind = (response) => Boolean(response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end());
    expect(await failureOf(find)).toMatchObject({ code: 'digest-unknown' });
  });

  test('knows nothing of one version leaves the others', async () => {
    answer = (form) =>
      form.version === '4.37.0-200' ? '<html>oops' : form.version === '4.38.0-1' ? {} : kind('4.37.0-200', '4.38.0-1', '4.39.0-2')(form);
    const { found, unclear } = await find();
    expect(new Set(found.map(({ version }) => version))).toEqual(new Set(['4.39.0']));
    expect(unclear).toEqual([
      { version: '4.37.0-200', reason: expect.stringContaining('cannot download') },
      { version: '4.38.0-1', reason: 'the page names no bundle for Debian' },
    ]);
  });
});

describe('the entry', () => {
  const entry = (version: string, revision: string, arch: Release['arch'] = 'x86_64'): Release => ({
    ...{ version, revision, arch, url: at(name(`${version}-${revision}`, arch)) },
    ...{ digests: { sha256: sha.toLowerCase() }, seenIn: ["the vendor's download page (2026-11-26)"] },
  });

  test('goes to its place in releases.json, and changes nothing else', () => {
    const text = readFileSync(join(projectRoot, 'releases.json'), 'utf8');
    const added = [entry('9.0.0', '1'), entry('4.20.1', '15'), entry('1.0.0', '1')];
    const result = withEntries(text, added, 'releases.json');
    const all = parseReleases('releases.json', result);
    for (const one of added) expect(all).toContainEqual(one);
    expect(all[0]).toEqual(added[2]);
    expect(all.at(-1)).toEqual(added[0]);
    expect(all[all.findIndex(({ version, revision }) => version === '4.20.1' && revision === '15') - 1]).toMatchObject({
      version: '4.20.1',
      revision: '14',
    });
    const lines = result.split('\n');
    let place = 0;
    for (const line of text.split('\n')) {
      // Every old line is still there, in its order; the last entry has got a comma.
      while (lines[place] !== line && lines[place] !== `${line},` && place < lines.length) place++;
      expect(lines[place], line).toBeDefined();
      place++;
    }
    expect(lines.length).toBe(text.split('\n').length + 3 * 10);
  });

  test('goes to an empty list, and to a file that does not exist', () => {
    for (const text of ['', '{"releases": []}', '{\n  "$schema": "x",\n  "releases": [\n  ]\n}\n'])
      expect(parseReleases('x', withEntries(text, [entry('4.38.0', '1'), entry('4.37.0', '1', 'arm64')], 'x'))).toHaveLength(2);
    expect(withEntries('', [entry('4.38.0', '1')], 'x')).toBe(`{
  "releases": [
    {
      "version": "4.38.0",
      "revision": "1",
      "arch": "x86_64",
      "url": "https://vendor.invalid/downloads/MFT/mft-4.38.0-1-x86_64-deb.tgz",
      "digests": {
        "sha256": "${sha.toLowerCase()}"
      },
      "seenIn": ["the vendor's download page (2026-11-26)"]
    }
  ]
}
`);
  });
});

test('releases --check says what is new, writes it, and finds nothing new after that', async () => {
  answer = kind('4.37.0-200', '4.36.0-1033');
  const file = join(makeDirectory(), 'site.json');
  const document = await checkReleases({ add: file }, testContext(), page);
  expect(document).toMatchObject({
    listed: 2,
    found: [
      { version: '4.37.0', arch: 'arm64' },
      { arch: 'x86_64', sha256: sha.toLowerCase() },
    ],
    file,
  });
  expect(renderText(document)).toMatch(/^VERSION +REVISION[\s\S]*4\.37\.0 +200 +x86_64 +sha256[\s\S]*\n\nWrote .*site\.json$/);
  expect(parseReleases(file, readFileSync(file, 'utf8'))).toHaveLength(2);
  const again = await checkReleases({ add: file }, testContext(), page);
  expect([again.found, again.file, renderText(again)]).toEqual([
    [],
    undefined,
    'No new release: the page lists 2 versions, and none is new.',
  ]);
  // It is a file of --releases.
  const { findRelease, loadReleases } = await import('../../src/bundle/releases.js');
  const releases = await loadReleases(testContext({ own: { patches: [], releases: file } }));
  expect(findRelease('4.37.0-200', 'amd64', releases)).toMatchObject({ isKnown: true, sha256: sha.toLowerCase() });
  writeFileSync(file, '{"releases": 1}');
  expect(await failureOf(() => checkReleases({ add: file }, testContext(), page))).toMatchObject({ code: 'bad-catalogue' });
  expect((await checkReleases({ add: undefined }, testContext(), page)).file).toBeUndefined();
});
