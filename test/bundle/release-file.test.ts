/** Faults of releases.json: all of them are told, each with the line that it stands in. */
import { describe, expect, test } from 'vitest';
import { parseReleases, type Release } from '../../src/bundle/release-file.js';
import { projectText } from '../../src/project-files.js';
import { failureOf } from '../support.js';

const { releases } = JSON.parse(await projectText('releases.json')) as { releases: Release[] };

test('the catalogue has none', async () => {
  expect(parseReleases('releases.json', await projectText('releases.json'))).toEqual(releases);
});

describe('a catalogue of releases that is not one', () => {
  const [entry] = releases;
  const refusal = (text: string) => failureOf(() => parseReleases('releases.json', text));

  test.each([
    ['{"releases": [{"version": "4.20.1",\n', 1, /./],
    ['[]', 1, /^expected an object, found a list$/],
    [JSON.stringify(releases), 1, /^expected an object, found a list$/],
    ['{\n}', 1, /^missing field 'releases'$/],
    ['{\n"releases": {}\n}', 2, /^releases: expected array, found object$/i],
    ['{\n"releases": [\n1]\n}', 3, /^releases\[0\]: expected object, found 1$/],
    ['{\n"releases": [],\n"release": []}', 3, /^unknown field 'release' \(known fields: \$schema, releases\)$/],
  ])('%s', async (text, line, detail) => {
    expect(await refusal(text)).toEqual({ code: 'bad-catalogue', file: 'releases.json', line, detail: expect.stringMatching(detail) });
  });

  /** The text with each field of the second entry in a line of its own, from line 3. */
  const second = (changes: object) => `{ "releases": [${JSON.stringify(entry)},
{
${Object.entries({ ...entry, ...changes })
  .flatMap(([name, value]) => (value === undefined ? [] : [`${JSON.stringify(name)}: ${JSON.stringify(value)}`]))
  .join(',\n')}
}]}`;

  test.each<[object, string]>([
    [{ version: '4.20' }, 'version: must be dotted numbers'],
    [{ version: 4.2 }, 'version: expected string, found 4.2'],
    [{ revision: '14a' }, 'revision: must be a string of digits'],
    [{ arch: 'sparc' }, 'arch: expected ("x86_64" | "arm64" | "ppc64le"), found "sparc"'],
    [{ url: 'ftp://example.invalid/x.tgz' }, 'url: must be the http or https URL of a file'],
    [{ digests: { sha256: 'abc' } }, 'digests.sha256: must be 64 hex digits'],
    [{ digests: { md5: 'A'.repeat(32) } }, 'digests.md5: must be 32 hex digits'],
    [{ seenIn: [] }, 'seenIn: must name at least one place'],
    [{ seenIn: ['x', ' '] }, 'seenIn[1]: must be a non-empty string'],
    [{ seenOn: 'yesterday' }, 'seenOn: must be a date'],
    [{ urlComposed: 'yes' }, 'urlComposed: expected boolean, found "yes"'],
  ])('an entry with %j', async (changes, words) => {
    const text = second(changes);
    const [name = ''] = Object.keys(changes);
    const line = text.split('\n').findIndex((candidate, index) => index > 1 && candidate.startsWith(`"${name}"`)) + 1;
    expect(line).toBeGreaterThan(2);
    const detail = `releases[1].${words}`;
    expect(await refusal(text)).toEqual({ code: 'bad-catalogue', file: 'releases.json', line, detail: expect.stringContaining(detail) });
  });

  test('an entry with unknown fields: all of them are named, with the known ones', async () => {
    const text = second({ digest: 'x', digests: { sha512: 'a', constructor: 'a'.repeat(64) }, __proto_: 1 });
    const lineOf = (name: string) => text.split('\n').findIndex((line, index) => index > 1 && line.startsWith(`"${name}"`)) + 1;
    const known = 'known fields: version, revision, arch, url, digests, seenIn, seenOn, replaces, urlComposed';
    const fault = (name: string, path: string, fields: string) => ({
      line: lineOf(name),
      detail: `unknown field 'releases[1].${path}' (${fields})`,
    });
    const failure = await refusal(text);
    if (failure.code !== 'bad-catalogue') throw new Error(failure.code);
    const { line, detail, others = [] } = failure;
    expect([{ line, detail }, ...others]).toEqual([
      fault('digests', 'digests.sha512', 'known fields: md5, sha256, blake2b512'),
      fault('digests', 'digests.constructor', 'known fields: md5, sha256, blake2b512'),
      fault('digest', 'digest', known),
      fault('__proto_', '__proto_', known),
    ]);
  });

  test('with faults in several entries is refused with all of them, at their lines', async () => {
    const text = `{
      "$schema": 1,
      "releases": [
        { "version": "4", "revision": "14", "arch": "x86_64",
          "url": "https://example.invalid/a.tgz", "digests": {} },
        {
          "revision": 14,
          "version": "4.20.1"
        }
      ]
    }`;
    const failure = await refusal(text);
    if (failure.code !== 'bad-catalogue') throw new Error(failure.code);
    const faults = [failure, ...(failure.others ?? [])].map(({ line, detail }) => `${line} ${detail}`);
    expect(faults).toEqual([
      expect.stringMatching(/^2 \$schema: /),
      expect.stringMatching(/^4 releases\[0\]\.version: /),
      "4 missing field 'releases[0].seenIn'",
      "6 missing field 'releases[1].arch'",
      "6 missing field 'releases[1].url'",
      "6 missing field 'releases[1].digests'",
      "6 missing field 'releases[1].seenIn'",
      expect.stringMatching(/^7 releases\[1\]\.revision: /),
    ]);
  });
});
