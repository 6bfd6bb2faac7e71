import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { readFields } from '../../src/deb/control.js';
import { applyPatch } from '../../src/patches/apply.js';
import type { Patch } from '../../src/patches/patch.js';
import { parseSeries } from '../../src/patches/series.js';
import { makeDirectory, missing, projectRoot, sh, testContext, writeFiles } from '../support.js';
import { type Files, flatSource, livefishSource, nntSource, patched, readTree, withoutGuards } from './fixtures.js';

const folder = join(projectRoot, 'patches');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const names = parseSeries(read('series'));

let patches: Patch[];
beforeAll(async () => {
  patches = await loadPatches(testContext());
});

describe("the project's patches", () => {
  test('are those of the series, each once', () => {
    expect(names.length).toBeGreaterThan(0);
    expect([...names].sort()).toEqual(readdirSync(folder).filter((name) => name.endsWith('.patch')));
    expect(patches.map(({ id }) => `${id}.patch`)).toEqual(names);
  });

  test.each(names)('%s says its licence, origin and what the compiler says without it', (name) => {
    const text = read(name);
    const fields = readFields(text);
    expect(fields.get('license')).toMatch(/\bDual BSD\/GPL\b/);
    expect(fields.get('origin')).toBeTruthy();
    const patch = patches.find(({ id }) => `${id}.patch` === name);
    expect(patch?.symptom).toMatch(/: /);
    // Without it a source without the fault would end in a failure instead of not-needed.
    expect(patch?.neededIf).toBeInstanceOf(RegExp);
    expect(text).not.toContain('\r');
    expect(text.endsWith('\n')).toBe(true);
  });
});

/** Sources, and the patches that concern each; `all` means the directory `patches/` just as it is. */
const cases: Record<string, { source: Files; all?: true; fits: string[] }> = {
  'flat, as 4.15.1': { source: flatSource(588), fits: ['postinst-arch', 'dma-unmap', 'unlocked-ioctl', 'werror-flat'] },
  'flat, as 4.20.1': { source: withoutGuards(flatSource(598)), fits: ['postinst-arch', 'dma-unmap', 'werror-flat'] },
  'NNT, as in mid 2022': { source: nntSource('KERNAL_VERSION'), fits: ['running-kernel', 'ccflags', 'werror-nnt'] },
  'NNT, as 4.22.0': { source: nntSource('KVERSION'), fits: ['kernel-variable', 'ccflags', 'werror-nnt'] },
  'NNT, as 4.23.0': { source: nntSource('KPVER'), fits: ['ccflags', 'werror-nnt'] },
  'NNT, as 4.26.1': {
    source: new Map([...nntSource('KPVER'), ...livefishSource()]),
    fits: ['ccflags', 'livefish-remove', 'werror-nnt'],
  },
  // No release has all faults; this shows that the directory works just as it is.
  'all at once': {
    source: new Map([
      ...flatSource(598),
      ...nntSource('KVERSION', { recipeOf: 'KERNAL_VERSION' }),
      ...livefishSource(),
      ['other.c', 'no patch is for this\n'],
    ]),
    all: true,
    fits: names.map((name) => name.replace(/\.patch$/, '')),
  },
};

describe('on sources of the shapes that the vendor has shipped', () => {
  test.each(Object.entries(cases))('%s: the patches that concern it apply, and then are applied already', (_, { source, fits }) => {
    const chosen = patches.filter(({ id }) => fits.includes(id));
    const result = patched(chosen, source);
    for (const patch of chosen) {
      expect(applyPatch(patch, source).status, patch.id).toBe('applied');
      expect(applyPatch(patch, result).status).toBe('already-applied');
    }
    const others = patches.filter(({ id }) => !fits.includes(id));
    for (const patch of others) expect(applyPatch(patch, source).status).not.toMatch(/applied/);
  });
});

describe.skipIf(missing('tools') !== '')('quilt push -a with the same files', () => {
  const list = Object.entries(cases);
  let work: string;

  beforeAll(() => {
    work = makeDirectory();
    list.forEach(([, { source, all, fits }], i) => {
      writeFiles(join(work, `${i}/source`), Object.fromEntries([...source].map(([path, text]) => [path, Buffer.from(text, 'latin1')])));
      if (all) return;
      const series = fits.map((id) => `${id}.patch`);
      mkdirSync(join(work, `${i}/patches`));
      for (const name of series) cpSync(join(folder, name), join(work, `${i}/patches`, name));
      writeFiles(work, { [`${i}/patches/series`]: series.map((name) => `${name}\n`).join('') });
    });
    sh(
      `for i in */; do
        i=$PWD/$i
        cd $i/source
        export QUILT_PC=$i/pc QUILT_PATCHES=$OURS
        [ ! -d $i/patches ] || QUILT_PATCHES=$i/patches
        quilt --quiltrc - push -a > $i/push.txt 2>&1
        cp -r . $i/pushed
        quilt --quiltrc - pop -a > $i/pop.txt 2>&1
        cd ../..
      done`,
      { cwd: work, env: { ...process.env, OURS: folder, LC_ALL: 'C', QUILT_PATCH_OPTS: '', QUILT_PUSH_ARGS: '' } },
    );
  });

  test.each(list.map(([name], i) => [name, i] as const))('%s', (name, i) => {
    const { source, fits } = cases[name] ?? expect.fail();
    const pushed = readFileSync(join(work, `${i}/push.txt`), 'utf8');
    for (const id of fits) expect(pushed).toContain(`${id}.patch`);
    expect(pushed).not.toMatch(/fuzz|FAILED|garbage/);
    const result = readTree(join(work, `${i}/pushed`));
    expect(result).not.toEqual(source);
    expect(result).toEqual(
      patched(
        patches.filter(({ id }) => fits.includes(id)),
        source,
      ),
    );
    expect(readTree(join(work, `${i}/source`)), 'after quilt pop -a').toEqual(source);
  });
});
