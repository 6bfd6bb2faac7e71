/** The table that the project is for: vendor's and patched packages, both generations, on every kernel that is marked as tried. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { loadTargets } from '../../../src/catalogue.js';
import type { MatrixCell, MatrixDocument } from '../../../src/documents/index.js';
import { makeDirectory, missing, runCli, sh, testContext } from '../../support.js';

const folder = makeDirectory();
const targets = await loadTargets(testContext());
const env = { ...process.env, CONTAINERS_CONF: join(inject('folder'), 'containers.conf') };
const source = join(inject('folder'), 'linux-source.tar.xz');

async function matrix(...args: string[]): Promise<{ status: number | null; stderr: string; document: MatrixDocument }> {
  const { status, stdout, stderr } = await runCli(['matrix', ...args, '--json', '--cache-dir', join(folder, 'cache')], { env });
  return { status, stderr, document: JSON.parse(stdout) };
}

/** Which patches act on a sample on a kernel, and whether the vendor's package builds there. */
function needs(generation: string, { kernel, target }: MatrixCell): { patches: string[]; vendor: string } {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const isAtLeast = (a: number, b: number) => major > a || (major === a && minor >= b);
  // The vendor's name of the architecture is no matter to the hook of dkms before 3.1.
  const hasOldHook = !/^debian-(13|sid)/.test(target);
  if (generation === 'nnt') {
    const isLate = isAtLeast(6, 15);
    return {
      patches: ['postinst-arch', 'kernel-variable', 'ccflags'],
      vendor: !isLate && hasOldHook ? 'builds' : 'fails',
    };
  }
  const isBroken = isAtLeast(5, 18);
  return { patches: ['postinst-arch', 'dma-unmap', 'unlocked-ioctl'], vendor: isBroken ? 'fails' : 'builds' };
}

function expectCells(cells: MatrixCell[], generation: string): void {
  for (const cell of cells) {
    const { patches, vendor } = needs(generation, cell);
    expect(cell, cell.target).toMatchObject({ patches, vendor: { status: vendor }, patched: { status: 'builds' } });
    expect(cell.release, cell.target).toContain(cell.kernel);
    expect(existsSync(cell.patched.artifact), cell.target).toBe(true);
  }
}

const compilerWords = { flat: "implicit declaration of function 'pci_unmap_single'", nnt: 'No such file or directory' };

/** Tests one generation with docker on all kernels and one from source, and with podman. */
export function testCells(generation: 'flat' | 'nnt'): void {
  describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
    const tried = targets.filter((target) => target.tried.includes('docker'));

    test(`the ${generation} generation, on each kernel that is marked as tried, and on one from source`, async () => {
      const out = join(folder, generation);
      const args = ['--sample', generation, '--baseline', '--engine', 'docker', '--out', out, '--jobs', '2'];
      const kernels = tried.map(({ name }) => name).join(',');
      const { status, document: many } = await matrix(...args, '--kernels', kernels);
      expect(status, JSON.stringify(many, null, 1)).toBe(0);
      expect(many.cells.map(({ target, requested }) => [target, requested])).toEqual(tried.map(({ name }) => [name, name]));
      // A kernel from source is a run of its own; the two are merged.
      const own = await matrix(...args, '--out', `${out}-source`, '--kernel-source', source);
      expect(own.status, JSON.stringify(own.document, null, 1)).toBe(0);
      expect(own.document.cells.map(({ target, requested }) => [target, requested])).toEqual([['linux-source', '']]);
      const [results, whole] = [[out, `${out}-source`].map((place) => join(place, 'matrix.json')), join(out, 'whole.json')];
      const { status: merged, document } = await matrix('--merge', ...results, '--report', whole);
      expect(merged).toBe(0);
      expect(document.cells).toEqual([...many.cells, ...own.document.cells]);
      expectCells(document.cells, generation);
      for (const { vendor } of document.cells)
        if (vendor?.failedStep === 'builds') expect(vendor.reason).toContain(compilerWords[generation]);
      // The kernels reach from before the first break to after the last, else the table shows nothing.
      const majors = document.cells.map(({ kernel }) => Number.parseInt(kernel, 10));
      expect([Math.min(...majors), Math.max(...majors)]).toEqual([5, 7]);
      // All kernels share one package, and its record holds the verdicts of all of them.
      const packages = new Set(many.cells.map(({ patched }) => patched.artifact));
      expect(packages.size).toBe(1);
      for (const path of packages) {
        const record = JSON.parse(readFileSync(path.replace(/\.deb$/, '.build.json'), 'utf8'));
        const mine = many.cells.filter(({ patched }) => patched.artifact === path);
        expect(record.verification).toMatchObject({ status: 'passed', kernels: mine.map(({ target }) => ({ target, status: 'builds' })) });
      }
      sh('sha256sum --check --quiet SHA256SUMS', { cwd: out });
      expect(JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8'))).toEqual(many);
      expect(JSON.parse(readFileSync(whole, 'utf8'))).toEqual(document);
    }, 3_600_000);
  });

  describe.skipIf(missing('podman') !== '')(`with podman (${missing('podman') || 'it is there'})`, () => {
    const tried = targets.filter((target) => target.tried.includes('podman'));

    test(`the ${generation} generation, on each kernel that is marked as tried`, async () => {
      const args = ['--sample', generation, '--baseline', '--engine', 'podman', '--out', join(folder, `${generation}-podman`)];
      const { status, document } = await matrix(...args, '--kernels', tried.map(({ name }) => name).join());
      expect(status, JSON.stringify(document, null, 1)).toBe(0);
      expect(document.cells.map(({ target }) => target)).toEqual(tried.map(({ name }) => name));
      expectCells(document.cells, generation);
    }, 1_800_000);
  });
}
