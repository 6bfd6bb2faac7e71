/** What we put into dkms.conf, read by bash as dkms reads it: it must pick what we would have baked in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { parseKernelRelease } from '../../src/kernels/release.js';
import { isExtended, withPatches } from '../../src/patches/dkms-conf.js';
import { parsePatch } from '../../src/patches/patch.js';
import { isDecidedByProbe, selectPatches } from '../../src/patches/select.js';
import { makeDirectory, sh, testContext, writeFiles } from '../support.js';
import { diff, patchOf, patchText } from './fixtures.js';

const folder = makeDirectory();

/**
 * For each release the patches that dkms would apply. dkms reads dkms.conf in a shell of its own with the variables that it
 * sets before, and asks as in `prepare_build`: the loop is what dkms 2.8.4, 3.0.10 and 3.2.2 have in common.
 */
function pickedByDkms(conf: string, releases: readonly string[], headers: string): string[] {
  writeFiles(folder, { 'dkms.conf': conf, releases: releases.map((release) => `${release}\n`).join('') });
  const script = `
    set +u
    while read -r kernelver; do
      kernel_source_dir=${headers}/build arch=x86_64
      unset PATCH PATCH_MATCH; . ./dkms.conf >/dev/null
      picked=
      for ((index=0; index < \${#PATCH[@]}; index++)); do
        if [[ \${PATCH[$index]} && (! \${PATCH_MATCH[$index]} || $kernelver =~ \${PATCH_MATCH[$index]}) ]]; then picked+=" \${PATCH[$index]}"; fi
      done
      echo "$picked"
    done < releases`;
  return sh(script, { cwd: folder }).split('\n').slice(0, -1);
}

const suffixes = ['', '-rc1', '-50-amd64', '+deb13-amd64', '-41-generic', '-1033-azure', '-1-pve', '-427.13.1.el9_4.x86_64', '.el8.x86_64'];
const releases = fc.oneof(
  fc.tuple(fc.integer({ min: 3, max: 19 }), fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 20 }), fc.constantFrom(...suffixes)),
  fc.tuple(fc.constantFrom(5, 6), fc.constantFrom(9, 10, 14, 15, 16, 17, 18, 19), fc.constantFrom(0, 1, 17), fc.constantFrom(...suffixes)),
);
const texts = [
  ...fc.sample(releases, 3000).map(([major, minor, patch, suffix]) => `${major}.${minor}.${patch}${suffix}`),
  '5.4.17-2136.300.7.el8uek.x86_64',
  '5.14.21-150500.55.19-default',
  '5.3.18-lp152.106-default',
];

describe('dkms picks from a universal package what would be baked in', () => {
  test("the project's patches, on three thousand releases", async () => {
    const patches = (await loadPatches(testContext())).filter((patch) => patch.applies === 'build' && !isDecidedByProbe(patch));
    const picked = pickedByDkms(withPatches('PACKAGE_NAME="x"\n', patches), texts, '/nowhere');
    for (const [index, text] of texts.entries()) {
      const concerned = patches.map((patch) => ({ ...patch, mft: patchOf(diff, { MFT: '*' }).mft }));
      const baked = selectPatches(concerned, parseKernelRelease(text), '4.22.0').filter(({ selected }) => selected);
      expect(picked[index], text).toBe(baked.map(({ patch }) => ` mft-patch-${patch.id}.patch`).join(''));
    }
  });

  test('patches with and without an upper end, good on older kernels or not', () => {
    const ranges = ['>=5.18', '>=5.18 <6.0', '<=5.16.1', '5.15.x', '>=4.19 <5.10 || >=5.17 <6.16', '*'];
    const patches = ranges.flatMap((Kernel, i) =>
      ['yes', 'no'].map((good) =>
        parsePatch(`${good}${i}.patch`, Buffer.from(patchText(diff, { Kernel, MFT: '*', 'Good-On-Older': good }))),
      ),
    );
    const picked = pickedByDkms(withPatches('', patches), texts, '/nowhere');
    for (const [index, text] of texts.entries()) {
      const chosen = selectPatches(patches, parseKernelRelease(text), '4.22.0').filter(({ selected }) => selected);
      expect(picked[index], text).toBe(chosen.map(({ patch }) => ` mft-patch-${patch.id}.patch`).join(''));
    }
    expect(new Set(picked).size).toBeGreaterThan(4);
  });

  test.each([
    ['says yes', '#include <linux/new-thing.h>\n', true],
    ['says no', '#include <linux/old-thing.h>\n', false],
  ])('a fix that breaks older kernels, on kernels below its range whose header %s', (_, header, answer) => {
    const headers = join(folder, String(answer));
    mkdirSync(headers, { recursive: true });
    // As Debian lays it out: what all flavours share is in `source`.
    writeFiles(headers, { 'build/include/config/x': '', 'source/include/linux/api.h': header });
    const words = ['yes', 'no'].flatMap((word) => ['>=5.18', '>=5.18 <6.0'].map((range, i) => [word, range, `${word}${i}`] as const));
    const texts_ = words.map(([word, Kernel, id]) =>
      parsePatch(
        `${id}.patch`,
        Buffer.from(
          patchText(diff, {
            Kernel,
            MFT: '*',
            'Good-On-Older': 'no',
            Probe: `include/linux/api.h ${word === 'yes' ? '~' : '!~'} new-thing\\.h`,
          }),
        ),
      ),
    );
    // Each asks with processes of its own.
    const some = texts.slice(-150);
    const picked = pickedByDkms(withPatches('', texts_), some, headers);
    for (const [index, text] of some.entries()) {
      const baked = selectPatches(texts_, parseKernelRelease(text), '4.22.0', ({ matches }) => matches === answer);
      const ids = baked.flatMap(({ patch, selected }) => (selected ? [` mft-patch-${patch.id}.patch`] : []));
      expect(picked[index], text).toBe(ids.join(''));
    }
  });

  test("of the project's patches those without an upper end take a line each", async () => {
    const patches = (await loadPatches(testContext())).filter((patch) => patch.applies === 'build');
    const lines = withPatches('', patches).trimEnd().split('\n').slice(1);
    const asked = patches.filter(isDecidedByProbe);
    expect(lines).toHaveLength(patches.length + asked.length);
    expect(lines.filter((line) => line.startsWith('PATCH['))).toHaveLength(patches.length);
    expect(lines.filter((line) => line.startsWith('grep -Eqs '))).toHaveLength(asked.length);
  });

  test('without headers the fix is left out there', () => {
    const patch = patchOf(diff, { Kernel: '>=5.18', 'Good-On-Older': 'no', Probe: 'include/linux/api.h ~ new' });
    expect(pickedByDkms(withPatches('', [patch]), ['5.14.0-427.el9.x86_64', '6.1'], '/nowhere')).toEqual(['', ' mft-patch-x.patch']);
  });
});

describe('a probe without a range decides alone', () => {
  const patch = patchOf(diff, { Kernel: '*', Probe: 'include/config/auto.conf ~ ^CONFIG_WERROR=y' });
  const configured = (name: string, text: string) => {
    writeFiles(folder, { [`${name}/build/include/config/auto.conf`]: text });
    return join(folder, name);
  };

  test.each([
    ['with', 'CONFIG_X=y\nCONFIG_WERROR=y\n', ' mft-patch-x.patch'],
    ['without', 'CONFIG_X=y\n', ''],
  ])('on kernels %s it in their configuration', (name, text, expected) => {
    const kernels = ['5.4.0', '6.12.118+deb13-amd64', '5.14.0-427.el9.x86_64'];
    expect(pickedByDkms(withPatches('', [patch]), kernels, configured(name, text))).toEqual(kernels.map(() => expected));
  });

  test('and is no without headers', () => {
    expect(pickedByDkms(withPatches('', [patch]), ['6.12'], '/nowhere')).toEqual(['']);
  });
});

describe('the text of dkms.conf', () => {
  test("ours come after the vendor's, who keeps his", () => {
    const vendor = 'PATCH[0]="a.patch"\n# PATCH[7]="not this"\n  PATCH[1]="b.patch"\nPATCH_MATCH[1]="^5"';
    const conf = withPatches(vendor, [patchOf(diff, { Kernel: '*' })]);
    expect(conf.endsWith(`\n${vendor}`)).toBe(true);
    expect(conf).toContain('PATCH[2]="mft-patch-x.patch"\n');
    expect(isExtended(conf)).toBe(true);
    expect(isExtended(vendor)).toBe(false);
    expect(pickedByDkms(conf, ['5.10', '6.1'], '/nowhere')).toEqual([' a.patch b.patch mft-patch-x.patch', ' a.patch mft-patch-x.patch']);
  });

  test.each(['return 0\n', 'A=1 \\\n', 'cat <<END\n', '# a comment\\'])('%j at its end does not swallow ours', (end) => {
    expect(pickedByDkms(withPatches(end, [patchOf(diff, { Kernel: '*' })]), ['6.1'], '/nowhere')).toEqual([' mft-patch-x.patch']);
  });

  test('without patches it stays as it is', () => {
    expect(withPatches('A=1', [])).toBe('A=1');
  });

  test.each([
    ['PATCH[1]="a.patch"\n', 'non-contiguous indices: 1'],
    ['PATCH=(a.patch)\n', 'unsupported form'],
    ['PATCH+=(a.patch)\n', 'unsupported form'],
    ['PATCH[i]=a.patch\n', 'unsupported form'],
    ['PATCH[0]+=a.patch\n', 'unsupported form'],
    ['PATCH[0]=a.patch\nPATCH[0]=b.patch\n', 'sets a PATCH twice'],
    ['MAKE="make \\\nPATCH[0]=a.patch"\n', 'conditionally'],
    ['if [ -e /x ]; then\nPATCH[0]=a.patch\nfi\n', 'conditionally'],
  ])('%j is refused', (conf, words) => {
    expect(() => withPatches(conf, [patchOf()])).toThrow(words);
  });
});

describe('a probe', () => {
  test.each([
    ['include/linux/pci.h ~ dma_map', { file: 'include/linux/pci.h', pattern: 'dma_map', matches: true }],
    ['include/linux/pci.h !~ a (b|c) d', { file: 'include/linux/pci.h', pattern: 'a (b|c) d', matches: false }],
  ])('%s is read', (text, probe) => {
    expect(patchOf(diff, { Probe: text }).probe).toEqual(probe);
  });

  test.each(['', '/etc/passwd ~ x', '../x ~ y', 'include/x.h', 'include/x.h = y', 'a ~', "a ~ it's"])('%j is refused', (text) => {
    expect(() => patchOf(diff, { Probe: text })).toThrow('bad-catalogue');
  });
});
