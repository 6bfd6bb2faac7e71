/** What --provenance writes, held against the schemas that the projects publish, and against what is really in the packages. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readDeb } from '../../src/deb/deb.js';
import { sha256 } from '../../src/system/digest.js';
import { cli } from '../cli.js';
import { makeDirectory } from '../support.js';
import { faultsOfBom, faultsOfStatement } from './published-schemas.js';

const folder = makeDirectory();
const build = async (out: string, ...args: string[]) =>
  cli(['build', '--sample', '--no-verify', '--quiet', '--provenance', '--out', join(folder, out), ...args]).prints({});
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
// biome-ignore lint/suspicious/noExplicitAny: documents of other projects
let [document, statement, bom]: any[] = [];
let deb = '';

beforeAll(async () => {
  document = await build('one');
  deb = document.artifacts[0].path;
  [statement, bom] = ['.intoto.json', '.cdx.json'].map((ending) => read(deb.replace(/\.deb$/, ending)));
});

describe('the statement', () => {
  test('is one by the published form', () => {
    expect(faultsOfStatement(statement)).toEqual([]);
  });

  test('is on each file of the build, and names what went into it', () => {
    expect(statement.subject).toEqual([{ name: basename(deb), digest: { sha256: sha256(readFileSync(deb)) } }]);
    const { buildDefinition, runDetails } = statement.predicate;
    expect(buildDefinition.externalParameters).toEqual({ source: document.input.path, kernel: 'all' });
    const digests = buildDefinition.resolvedDependencies.map(({ digest }: { digest: { sha256: string } }) => digest.sha256);
    const inside = document.patches.filter(({ status }: { status: string }) => status !== 'not-needed');
    expect(digests).toEqual([
      document.input.bundleSha256,
      document.input.sha256,
      ...inside.map((patch: { sha256: string }) => patch.sha256),
    ]);
    expect(runDetails.builder.builderDependencies[0].digest.sha256).toBe(document.program.sha256);
  });

  test.each([
    ['a digest that is not one', (it: typeof statement) => (it.subject[0].digest.sha256 = 'x')],
    ['no subject', (it: typeof statement) => (it.subject = [])],
    ['no builder', (it: typeof statement) => delete it.predicate.runDetails.builder.id],
    ['another type', (it: typeof statement) => (it._type = 'https://in-toto.io/Statement/v0.1')],
    ['a build type that is not a URI', (it: typeof statement) => (it.predicate.buildDefinition.buildType = 'no uri')],
  ])('%s would be found', (_, spoil) => {
    const copy = structuredClone(statement);
    spoil(copy);
    expect(faultsOfStatement(copy)).not.toEqual([]);
  });
});

describe('the list', () => {
  test('is one by the published schema', () => {
    expect(faultsOfBom(bom)).toEqual([]);
  });

  test('has each file of the package with its digest', async () => {
    const { data } = await readDeb(readFileSync(deb), deb);
    const files = data.filter(({ type }) => type === 'file').map(({ path, body }) => [path.replace(/^\.?\/?/, '/'), sha256(body)]);
    const listed = bom.components.map(({ name, hashes }: { name: string; hashes: { content: string }[] }) => [name, hashes[0]?.content]);
    expect(listed).toEqual(files);
  });

  test("leads from the package to the vendor's by the patches inside", () => {
    const { version, hashes, pedigree } = bom.metadata.component;
    expect({ version, digest: hashes[0].content }).toEqual({ version: basename(deb).split('_')[1], digest: sha256(readFileSync(deb)) });
    expect(pedigree.ancestors).toMatchObject([{ version: '4.15.1-0sample', hashes: [{ content: document.input.sha256 }] }]);
    const applied = document.patches.filter(({ status }: { status: string }) => status === 'applied');
    expect(pedigree.patches.map(({ diff }: { diff: { url: string } }) => diff.url)).toEqual(
      applied.map(({ id }: { id: string }) => `patches/${id}.patch`),
    );
  });

  test.each([
    ['a hash that is not one', (it: typeof bom) => (it.components[0].hashes[0].content = 'x')],
    ['an unknown type', (it: typeof bom) => (it.components[0].type = 'patch')],
    ['a serial number that is not a UUID', (it: typeof bom) => (it.serialNumber = 'urn:uuid:1')],
  ])('%s would be found', (_, spoil) => {
    const copy = structuredClone(bom);
    spoil(copy);
    expect(faultsOfBom(copy)).not.toEqual([]);
  });
});

test('the same build writes the same bytes elsewhere, and SHA256SUMS has them', async () => {
  await build('two');
  const names = readdirSync(join(folder, 'two')).sort();
  expect(names).toEqual(readdirSync(join(folder, 'one')).sort());
  for (const name of names)
    expect(readFileSync(join(folder, 'two', name)).equals(readFileSync(join(folder, 'one', name))), name).toBe(true);
  const sums = readFileSync(join(folder, 'one/SHA256SUMS'), 'utf8');
  expect(sums).toBe(
    names
      .filter((name) => name !== 'SHA256SUMS' && !name.endsWith('.build.json'))
      .map((name) => `${sha256(readFileSync(join(folder, 'one', name)))}  ${name}\n`)
      .join(''),
  );
});

test('a path of the machine is in neither', async () => {
  expect(JSON.stringify([statement, bom])).not.toContain(folder);
});
