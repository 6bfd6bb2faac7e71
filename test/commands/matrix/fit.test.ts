/** Whether a verdict of an earlier run holds for a test that would be made now. */
import { describe, expect, test } from 'vitest';
import { reasonToTest } from '../../../src/commands/matrix/fit.js';
import type { CellVerdict, Provenance } from '../../../src/documents/index.js';
import { onOf } from '../../report/matrices.js';

const verdict = (status: CellVerdict['status'], on?: Provenance): CellVerdict => ({ status, seconds: 1, log: '', ...(on ? { on } : {}) });

describe('a verdict that holds', () => {
  test('is on the same, whenever that was', () => {
    expect(reasonToTest(verdict('builds', onOf({ date: '2026-01-01T00:00:00.000Z' })), onOf(), ['builds'])).toBe(undefined);
  });

  test("may be that the vendor's package fails", () => {
    expect(reasonToTest(verdict('fails', onOf()), onOf(), ['builds', 'fails'])).toBe(undefined);
  });
});

describe('a kernel is tested again', () => {
  test.each<[string, CellVerdict | undefined]>([
    ['not tested last time', undefined],
    ['failed last time', verdict('fails', onOf())],
    ['could not be tested last time', verdict('error', onOf())],
    ['could not be tested last time', verdict('missing')],
    ['the result does not record what was tested', verdict('builds')],
  ])('%s', (reason, before) => {
    expect(reasonToTest(before, onOf(), ['builds'])).toBe(reason);
  });

  const edited = [{ id: 'dma-unmap', sha256: '0'.repeat(64) }];
  test.each<[string, Partial<Provenance>]>([
    ['package aaaaaaaaaaaa, then bbbbbbbbbbbb', { package: 'b'.repeat(64) }],
    ['patch dma-unmap has changed', { package: 'b'.repeat(64), patches: edited }],
    ['patches dma-unmap, then dma-unmap, ccflags', { patches: [...(onOf().patches ?? []), { id: 'ccflags', sha256: '0'.repeat(64) }] }],
    ['image 111111111111, then 222222222222', { image: `sha256:${'2'.repeat(64)}` }],
    ['program 0.1.0 (ffffffffffff), then 0.1.0 (000000000000)', { program: { version: '0.1.0', sha256: '0'.repeat(64) } }],
    ['engine docker 20.10.24, then podman 4.3.1', { engine: 'podman 4.3.1' }],
    ['architecture amd64, then arm64', { architecture: 'arm64' }],
    ['option no --boot, then --boot', { options: { boot: true, package: 'universal' } }],
    ['package universal, then baked', { options: { boot: false, package: 'baked' } }],
  ])('%s', (reason, changes) => {
    expect(reasonToTest(verdict('builds', onOf()), onOf(changes), ['builds'])).toBe(reason);
  });
});
