/** No output may be an input, and what is written again has its own name and all its copies of the package. */
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findPackage } from '../../src/bundle/find-package.js';
import { readTarStream } from '../../src/bundle/tar-stream.js';
import { localPath, resolveSource } from '../../src/bundle/vendor-package.js';
import { build as buildPackage } from '../../src/commands/build.js';
import type { BuildDocument } from '../../src/documents/index.js';
import type { Extras } from '../../src/output/extras.js';
import { writePackage } from '../../src/output/output-directory.js';
import { writeAtomic } from '../../src/system/stage.js';
import { bundleOf, noise, tarOf } from '../bundle/archives.js';
import { zstdOf } from '../bundle/zstd.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, sample, stream, testContext, writeFiles } from '../support.js';

const { bundle, deb, name } = await sample();
/** Builds in this process. @returns the names of what was written */
async function build(cwd: string, place: string, extras: Partial<Extras> = {}, out = 'dist'): Promise<string[]> {
  const path = place.startsWith('file:') ? place : join(cwd, place);
  const context = testContext({ inputs: new Set([localPath(path)]) });
  const request = {
    kernel: undefined,
    maxKernel: undefined,
    modules: undefined,
    provenance: false,
    verify: 'no',
    settings: { timeout: 1, memory: '0', processes: 0, disk: '0' },
  } as const;
  const { artifacts } = await buildPackage(
    { ...request, source: await resolveSource({ file: path }, context), out: join(cwd, out), extras: { ...noExtras, ...extras } },
    context,
  );
  return artifacts.map(({ path }) => relative(cwd, path));
}
const noExtras: Extras = { withUserland: false, repackBundle: false };
const repackBundle = true;
const signal = new AbortController().signal;

describe('an input is not overwritten', () => {
  test.each([
    ['by --repack-bundle beside it', 'a b.tgz', '.', './a b.tgz'],
    ['by its other name', 'hard.tgz', 'out', 'out/hard.tgz'],
    ['through a link to it', 'soft.tgz', 'out', 'out/soft.tgz'],
  ])('%s', async (_, file, out, path) => {
    const cwd = makeDirectory();
    writeFiles(cwd, { [file]: bundle, 'out/other': 'x' });
    linkSync(join(cwd, file), join(cwd, 'out/hard.tgz'));
    symlinkSync(`../${file}`, join(cwd, 'out/soft.tgz'));
    const failure = { code: 'usage', detail: expect.stringContaining(join(cwd, path)), hint: expect.stringContaining('--out') };
    expect(await failureOf(() => build(cwd, path, { repackBundle }, out))).toEqual(failure);
    expect(readFileSync(join(cwd, file)).equals(bundle)).toBe(true);
    expect(readdirSync(join(cwd, out)).filter((left) => left.endsWith('.deb') || left === 'SHA256SUMS')).toEqual([]);
  });

  test('by --with-userland in the directory that it is from', async () => {
    const cwd = makeDirectory();
    writeFiles(cwd, { [`mft/SDEBS/${name}`]: deb, 'mft/DEBS/mft_4.15.1_amd64.deb': 'tools', 'mft/DEBS/mft_4.15.1_arm64.deb': 'others' });
    expect(await failureOf(() => build(cwd, 'mft', { withUserland: true }, 'mft/DEBS'))).toMatchObject({ code: 'usage' });
    const [, ...tools] = await build(cwd, 'mft', { withUserland: true });
    expect(tools).toEqual(['dist/mft_4.15.1_amd64.deb', 'dist/mft_4.15.1_arm64.deb']);
    expect(readFileSync(join(cwd, 'dist/mft_4.15.1_amd64.deb'), 'utf8')).toBe('tools');
  });

  test('by the package, its record, or the sums, whatever it is an input for', async () => {
    const cwd = makeDirectory();
    writeFiles(cwd, { 'b.tgz': bundle });
    const [first = ''] = await build(cwd, 'b.tgz');
    const context = testContext({ inputs: new Set() });
    for (const path of [first, first.replace('.deb', '.build.json'), 'dist/SHA256SUMS'].map((file) => join(cwd, file))) {
      const again = testContext({ inputs: new Set([path]) });
      const document = {
        input: { path: 'sample:x' },
        patches: [],
        artifacts: [],
        verification: { kernels: [] },
      } as unknown as BuildDocument;
      const file = { deb: { name: basename(first), bytes: deb }, document };
      expect(await failureOf(() => writePackage(join(cwd, 'dist'), file, again))).toMatchObject({ code: 'usage' });
      expect(await failureOf(() => writeAtomic(path, 'x', again))).toMatchObject({ code: 'usage', detail: expect.stringContaining(path) });
      expect(readFileSync(path, 'utf8')).not.toBe('x');
      await writeAtomic(path, 'x', context);
    }
  });

  test('by a report, as the program is called', async () => {
    const cwd = makeDirectory();
    const text = JSON.stringify({
      ...{ schema: 'mft-patch/matrix@1', mft: { version: '4.20.1', revision: '14' }, cells: [] },
      ...{ date: '2026-11-23T10:00:00.000Z', seconds: 0 },
    });
    writeFiles(cwd, { 'a.json': text });
    await cli('matrix --merge a.json --report a.json', { cwd }).fails(2, { code: 'usage', message: expect.stringContaining('a.json') });
    expect(readFileSync(join(cwd, 'a.json'), 'utf8')).toBe(text);
    await cli('matrix --merge a.json --report b.json', { cwd }).prints({});
  });
});

describe('a bundle that is written again', () => {
  test.each(['a b.tgz', 'a#1.tgz', 'a%20b?.tgz', "o'clock.tar", 'dots..tgz'])('keeps the bytes of its name: %s', async (file) => {
    const cwd = makeDirectory();
    writeFiles(cwd, { [file]: bundle });
    expect((await build(cwd, file, { repackBundle }))[1]).toBe(`dist/${file}`);
    expect(readdirSync(join(cwd, 'dist'))).toContain(file);
    expect((await build(cwd, pathToFileURL(join(cwd, file)).href, { repackBundle }, 'two'))[1]).toBe(`two/${file}`);
  });

  test('has both of two copies of the package replaced, and no third one that differs', async () => {
    const cwd = makeDirectory();
    const copies = [`a/${name}`, `b/c/${name}`].map((path) => ({ path, body: deb }));
    const middle = { path: 'm', body: noise(2_000_000) };
    const [one, two] = copies as [(typeof copies)[0], (typeof copies)[0]];
    writeFiles(cwd, {
      'b.tgz': bundleOf(one, middle, two),
      'bad.tgz': bundleOf(one, middle, { ...two, body: Buffer.concat([deb, Buffer.from('\n')]) }),
    });
    const [patched = ''] = await build(cwd, 'b.tgz', { repackBundle });
    const bytes = readFileSync(join(cwd, patched));
    const found: string[] = [];
    for await (const { path, body } of readTarStream(stream(gunzipSync(readFileSync(join(cwd, 'dist/b.tgz'))))).entries) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      if (Buffer.concat(chunks).equals(bytes)) found.push(path);
    }
    expect(found).toEqual(copies.map(({ path }) => path));
    expect(await failureOf(() => build(cwd, 'bad.tgz', { repackBundle }))).toMatchObject({
      code: 'package-unfit',
      detail: expect.stringContaining('two different'),
    });
  });

  test('from zstd becomes a .tgz; what is not one archive is refused', async () => {
    const cwd = makeDirectory();
    writeFiles(cwd, { 'mft.tar.zst': zstdOf(gunzipSync(bundle)), 'mft.tar': gunzipSync(bundle), [`d/${name}`]: deb });
    expect((await build(cwd, 'mft.tar.zst', { repackBundle }))[1]).toBe('dist/mft.tgz');
    expect(await findPackage(stream(readFileSync(join(cwd, 'dist/mft.tgz'))), { path: '', whole: true, signal })).toHaveProperty('member');
    expect((await build(cwd, 'mft.tar', { repackBundle }))[1]).toBe('dist/mft.tar');
    expect(readFileSync(join(cwd, 'dist/mft.tar')).toString('latin1', 257, 262)).toBe('ustar');
    for (const input of ['d', `d/${name}`])
      expect(await failureOf(() => build(cwd, input, { repackBundle }, 'no'))).toMatchObject({ code: 'usage' });
  });

  test('with 100 MiB of zeros behind the archive takes time and memory like a build', async () => {
    const cwd = makeDirectory();
    mkdirSync(join(cwd, 'dist'));
    const member = gzipSync(Buffer.alloc(4 << 20), { level: 1 });
    writeFiles(cwd, { 'b.tgz': Buffer.concat([gzipSync(tarOf({ path: `a/${name}`, body: deb })), ...Array(25).fill(member)]) });
    const start = performance.now();
    await build(cwd, 'b.tgz');
    const alone = performance.now() - start;
    await build(cwd, 'b.tgz', { repackBundle });
    // Compressing takes several times as long as reading; what is quadratic took a hundred times as long.
    expect(performance.now() - start - alone).toBeLessThan(10 * alone + 5000);
    expect(statSync(join(cwd, 'dist/b.tgz')).size).toBeLessThan(2_000_000);
  });
});
