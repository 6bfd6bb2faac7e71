/** What a verdict is a verdict on. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { originOf, provenanceOf } from '../../src/verify/provenance.js';
import { projectRoot } from '../support.js';

const image = { id: `sha256:${'1'.repeat(64)}`, created: '2026-11-22T09:00:00.000Z' };
const engine = { name: 'docker' as const, version: '20.10.24', arch: 'arm64' };
const patch = (id: string, status: 'applied' | 'already-applied' | 'not-needed') => ({
  ...{ id, status, sha256: 'd'.repeat(64), reason: '', hunks: [] },
});

test('names package, image, program, engine, options and time', async () => {
  const { program, date, ...rest } = await provenanceOf({ deb: { bytes: Buffer.from('abc') }, image, engine, boot: true });
  expect(rest).toEqual({
    package: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    image: image.id,
    imageCreated: image.created,
    engine: 'docker 20.10.24',
    architecture: 'arm64',
    options: { boot: true },
  });
  expect(program).toEqual({
    version: JSON.parse(readFileSync(`${projectRoot}package.json`, 'utf8')).version,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(10_000);
});

test('says where programs were emulated', async () => {
  const { architecture, emulatedOn } = await provenanceOf({
    deb: { bytes: Buffer.from('abc') },
    ...{ image, engine: { ...engine, emulatedOn: 'amd64' }, boot: true },
  });
  expect({ architecture, emulatedOn }).toEqual({ architecture: 'arm64', emulatedOn: 'amd64' });
});

test('of a package of this run also names its kind and the patches inside', async () => {
  const origin = originOf(true, [patch('a', 'applied'), patch('b', 'already-applied'), patch('c', 'not-needed')]);
  const { options, patches } = await provenanceOf({ deb: { bytes: Buffer.alloc(0), origin }, image, engine, boot: false });
  expect(options).toEqual({ boot: false, package: 'universal' });
  expect(patches).toEqual(['a', 'b'].map((id) => ({ id, sha256: 'd'.repeat(64) })));
  expect(originOf(false, []).package).toBe('baked');
});

test('leaves out what the engine does not tell', async () => {
  const on = await provenanceOf({
    deb: { bytes: Buffer.alloc(0) },
    image: { ...image, created: '' },
    engine: { ...engine, arch: '' },
    boot: false,
  });
  expect(on).not.toHaveProperty('imageCreated');
  expect(on.architecture).toBe(process.arch === 'x64' ? 'amd64' : process.arch);
});
