/** The guard in dkms.conf, read by bash as dkms reads it: for which kernels dkms still builds by itself. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPatches } from '../../src/catalogue.js';
import { parseKernelRelease } from '../../src/kernels/release.js';
import { type Bound, boundAfter, boundOf, withGuard } from '../../src/patches/guard.js';
import { selectPatches } from '../../src/patches/select.js';
import { makeDirectory, sh, testContext, writeFiles } from '../support.js';
import { diff, patchOf } from './fixtures.js';

const folder = makeDirectory();
const vendor = 'PACKAGE_NAME="x"\nMAKE="make KPVER=$kernelver"\nif [ "$(uname -m)" = ppc64le ]; then\n\tA=1\nfi\nAUTOINSTALL="yes"\n';
const guarded = (bounds: readonly Bound[], conf = vendor) => withGuard(conf, bounds, 'x/1');

/** The releases that dkms builds for by itself. It reads dkms.conf anew for each in a shell, and asks `[[ ! $AUTOINSTALL ]]`. */
function builtFor(conf: string, releases: readonly string[], headers = '/nowhere'): string[] {
  writeFiles(folder, { 'dkms.conf': conf, releases: releases.map((release) => `${release}\n`).join('') });
  const script = `while read -r kernelver; do
      ( kernel_source_dir=${headers}/build; set -u; . ./dkms.conf > /dev/null; [[ ! \${AUTOINSTALL-} ]] || echo "$kernelver" )
    done < releases`;
  return sh(script, { cwd: folder }).split('\n').slice(0, -1);
}

describe('--max-kernel', () => {
  const releases = ['5.10', '6.12.95+deb13-amd64', '6.99.1', '7.3', '7.3-rc1', '7.3.1-amd64', '7.3.99+deb13-amd64', '5.14.0-70.el9.x86_64'];
  const later = ['7.4', '7.4-rc1', '7.4.0-1-amd64', '7.10.2', '7.30', '8.0', '10.1.1-1-pve', '73.0'];

  test('7.3 leaves out what comes after 7.3.x', () => {
    expect(builtFor(guarded([boundAfter('7.3')]), [...later, ...releases])).toEqual(releases);
  });

  test('7.3.1 leaves out 7.3.2', () => {
    const conf = guarded([boundAfter('7.3.1')]);
    expect(builtFor(conf, ['7.3', '7.3.0-rc2', '7.3.1-amd64', '7.3.2-amd64', '7.3.10', '7.4'])).toEqual([
      '7.3',
      '7.3.0-rc2',
      '7.3.1-amd64',
    ]);
  });

  test.each(['6.9', '6.99', '999.999', '5.0'])('%s is the last', (max) => {
    const [major = 0, minor = 0] = max.split('.').map(Number);
    expect(builtFor(guarded([boundAfter(max)]), [`${major}.${minor}.9-x`, `${major}.${minor + 1}`, `${major + 1}.0`])).toEqual([
      `${major}.${minor}.9-x`,
    ]);
  });

  test('without a kernel, as for dkms add, AUTOINSTALL stays', () => {
    writeFiles(folder, { 'dkms.conf': guarded([boundAfter('7.3')], 'AUTOINSTALL="yes"\n') });
    for (const set of ['unset kernelver', 'kernelver='])
      expect(sh(`${set}; set -eu; . ./dkms.conf; echo "$AUTOINSTALL"`, { cwd: folder, env: { PATH: process.env.PATH } })).toBe('yes\n');
  });
});

describe('dkms 2.8 and 3.0 ask with the kernels that it is built for, or with none', () => {
  // What they have in common: autoinstall() calls read_conf() with these, and it is for the global kernelver.
  const script = `read_conf() { local kernelver="$1"; kernel_source_dir=/lib/modules/$1/build; safe_source ./dkms.conf; }
    safe_source() { local file="$1"; ( . "$file" > /dev/null; echo "$AUTOINSTALL" ); }
    autoinstall() { for k in "" 5.10 6.1.0-1-amd64; do read_conf "$k"; done; }
    declare -a kernelver=(); kernelver[\${#kernelver[@]}]="$KERNEL"; autoinstall`;

  test.each([
    ['7.3.1-amd64', 'yes yes yes'],
    ['7.4-amd64', ''],
  ])('for %s: %j', (KERNEL, expected) => {
    writeFiles(folder, { 'dkms.conf': guarded([boundAfter('7.3')]) });
    expect(
      sh(script, { cwd: folder, env: { ...process.env, KERNEL } })
        .trim()
        .split(/\s+/)
        .join(' '),
    ).toBe(expected);
  });
});

describe('a package for one kernel', () => {
  const texts = [
    '4.19.1',
    '5.10.0-1-amd64',
    '5.17.9',
    '5.18-rc1',
    '6.1.0-50-amd64',
    '6.14',
    '6.15',
    '7.3.1',
    '5.14.0-427.13.1.el9_4.x86_64',
  ];

  test("of the project's patches dkms builds it where it has what the kernel needs, and where that does no harm", async () => {
    for (const mft of ['4.15.1', '4.22.0']) {
      const patches = (await loadPatches(testContext())).filter((patch) => patch.mft.test(mft));
      for (const text of texts) {
        const idsOf = (kernel: string) =>
          selectPatches(patches, parseKernelRelease(kernel), mft).flatMap(({ patch, selected }) => (selected ? [patch.id] : []));
        const inside = idsOf(text);
        const bounds = patches.flatMap((patch) => boundOf(patch, inside.includes(patch.id)) ?? []);
        // All of these are good on older kernels: what is inside beyond what is needed does no harm.
        const fit = texts.filter((other) => idsOf(other).every((id) => inside.includes(id)));
        expect(fit).toContain(text);
        expect(builtFor(guarded(bounds), texts), text).toEqual(fit);
      }
    }
  });

  const bounded = { Kernel: '>=5.18 <6.0', MFT: '*' };

  test('a patch that is inside and not good on older kernels keeps it to its range', () => {
    const bound = boundOf(patchOf(diff, { ...bounded, 'Good-On-Older': 'no' }), true);
    expect(bound).toMatchObject({ words: 'kernels other than >=5.18 <6.0, which do not take x', label: 'from5.18.before6.0' });
    expect(builtFor(guarded(bound ? [bound] : []), texts)).toEqual(['5.18-rc1']);
  });

  test('one that is good there keeps it from the kernels after its range', () => {
    const bound = boundOf(patchOf(diff, bounded), true);
    expect(bound?.label).toBe('before6.0');
    expect(builtFor(guarded(bound ? [bound] : []), texts)).toEqual(texts.filter((text) => !/^[67]\./.test(text)));
  });

  test('one that is not inside keeps it from its range, and if it is good on older kernels from those, too', () => {
    const bound = boundOf(patchOf(diff, bounded), false);
    expect(bound).toMatchObject({ words: 'kernels up to those of >=5.18 <6.0, which need x', label: 'from6.0' });
    expect(builtFor(guarded(bound ? [bound] : []), texts)).toEqual(['6.1.0-50-amd64', '6.14', '6.15', '7.3.1']);
    const bad = boundOf(patchOf(diff, { ...bounded, 'Good-On-Older': 'no' }), false);
    expect(bad).toMatchObject({ words: 'kernels >=5.18 <6.0, which need x', label: 'except5.18.to6.0' });
    expect(boundOf(patchOf(diff, { Kernel: '>=5.18.3', 'Good-On-Older': 'no' }), false)?.label).toBe('before5.18.3');
    expect(boundOf(patchOf(diff, { Kernel: '<=5.17 || 5.19.x', 'Good-On-Older': 'no' }), false)?.label).toBe('from5.20');
    expect(builtFor(guarded(bad ? [bad] : []), texts)).toEqual(texts.filter((text) => !text.startsWith('5.18')));
  });

  test('one without an upper end that is good on older kernels is for all', () => {
    expect(boundOf(patchOf(diff), true)).toBeUndefined();
  });

  test('one for every kernel keeps it from none: its probe decides', () => {
    const patch = patchOf(diff, { Kernel: '*', Probe: 'include/config/auto.conf ~ X=y' });
    expect([boundOf(patch, true), boundOf(patch, false)]).toEqual([undefined, undefined]);
  });

  test.each([true, false])('headers of kernels below the range are asked (inside: %s)', (isInside) => {
    const headers = join(folder, 'headers');
    mkdirSync(headers, { recursive: true });
    writeFiles(headers, { 'build/include/config/x': '', 'source/include/linux/api.h': '#include <linux/new-thing.h>\n' });
    for (const needs of [true, false]) {
      const probe = `include/linux/api.h ${needs ? '~' : '!~'} new-thing`;
      const bound = boundOf(patchOf(diff, { ...bounded, 'Good-On-Older': 'no', Probe: probe }), isInside);
      const kernels = ['5.14.0-427.el9.x86_64', '5.10.0-46-amd64', '4.19.1'];
      const built = builtFor(guarded(bound ? [bound] : []), [...kernels, '6.1'], headers);
      // What is above the range needs no headers.
      expect(built, `${needs}`).toEqual([...(needs === isInside ? kernels : []), ...(isInside ? [] : ['6.1'])]);
    }
  });
});

describe('the text of dkms.conf', () => {
  const bounds = [boundAfter('7.3')];

  test('stays as it is without bounds, and without AUTOINSTALL', () => {
    expect(guarded([])).toBe(vendor);
    expect(guarded(bounds, 'A=1\n# AUTOINSTALL="yes"\n')).toBe('A=1\n# AUTOINSTALL="yes"\n');
  });

  test('says why, and how to build by hand', () => {
    expect(guarded(bounds)).toContain('#   kernels later than 7.3\n');
    expect(guarded(bounds)).toContain('#   dkms install x/1 -k RELEASE\n');
    expect(guarded(bounds).startsWith(vendor)).toBe(true);
  });

  test.each([
    'AUTOINSTALL=yes',
    "AUTOINSTALL='yes'; # always\n",
    '\tAUTOINSTALL=YES\r\n',
    'if true; then\n  AUTOINSTALL="yes"\nfi\n',
    'AUTOINSTALL=no\nAUTOINSTALL=yes\n',
    'AUTOINSTALL=yes\nreturn 0\n',
    'AUTOINSTALL=yes\nA="\n',
    '# a comment\\\nAUTOINSTALL="yes"\n',
  ])('%j is guarded', (conf) => {
    const text = guarded(bounds, conf);
    expect(builtFor(text.replace(/A="\n$/, ''), ['6.1', '7.4'])).toEqual(['6.1']);
  });

  test.each([
    ['AUTOINSTALL="yes" \\\n', 'unsupported form'],
    ['A=1; AUTOINSTALL="yes"\n', 'unsupported form'],
    ['AUTOINSTALL="yes"; A=1\n', 'unsupported form'],
    ['export AUTOINSTALL=yes\n', 'unsupported form'],
    ['AUTOINSTALL=$(echo yes)\n', 'unsupported form'],
    ['AUTOINSTALL+=yes\n', 'unsupported form'],
    ['AUTOINSTALL[0]=yes\n', 'unsupported form'],
    ['AUTOINSTALL="yes"\nA=$AUTOINSTALL\n', 'unsupported form'],
    ['A=1 \\\nAUTOINSTALL="yes"\n', 'over several lines'],
    ['A="\nAUTOINSTALL=yes\n"\n', 'over several lines'],
    ['cat <<END\nAUTOINSTALL=yes\nEND\n', 'over several lines'],
    ['A=(\nAUTOINSTALL=yes\n)\n', 'over several lines'],
    ['AUTOINSTALL=yes\0\n', 'NUL'],
  ])('%j is refused', (conf, words) => {
    expect(() => guarded(bounds, conf)).toThrow(words);
  });
});
