/** Patch files and driver sources, small and in our own words, of the shapes that the vendor's have. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Applied, applyPatch } from '../../src/patches/apply.js';
import { type Patch, parsePatch } from '../../src/patches/patch.js';
import { projectRoot } from '../support.js';

/** The fields of a good patch header. */
export const fields: Record<string, string> = {
  Description: 'a word is another\n and this is why',
  Origin: 'other',
  Kernel: '>=5.18',
  MFT: '<4.21.0',
  'Good-On-Older': 'yes, measured',
  Symptom: 'error: no such word',
  'Last-Update': '2026-01-31',
};

export const diff = '--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n';

/** The text of a patch file; a field that is undefined is left out. */
export function patchText(body: string = diff, changes: Record<string, string | undefined> = {}): string {
  const header = Object.entries({ ...fields, ...changes }).filter(([, value]) => value !== undefined);
  return `${header.map(([name, value]) => `${name}: ${value}\n`).join('')}\n${body}`;
}

export function patchOf(body?: string, changes?: Record<string, string>): Patch {
  return parsePatch('x.patch', Buffer.from(patchText(body, changes)));
}

export type Files = Map<string, string>;

const sampleText = (path: string) => readFileSync(join(projectRoot, 'samples', path), 'latin1');

/** The flat generation's files that patches change, the call in `close_dma()` standing at this line. */
export function flatSource(callLine: number): Files {
  const text = sampleText('flat/source/mst_pciconf.c');
  const line = text.split('\n').findIndex((it) => it.includes('pci_unmap_single('));
  const filler = Array.from({ length: callLine - 1 - line }, (_, i) => `/* line ${i + 1} of what comes before */\n`);
  const others = ['driver_common.c', 'Makefile'].map((name): [string, string] => [name, sampleText(`flat/source/${name}`)]);
  return new Map([...others, ['mst_pciconf.c', filler.join('') + text], ['common.postinst', sampleText('common/source/common.postinst')]]);
}

/** The same from MFT 4.16 on: without the guards of the ioctl handler. */
export function withoutGuards(source: Files): Files {
  const text = source.get('driver_common.c') ?? '';
  return new Map([...source, ['driver_common.c', text.replace(/^#(ifdef HAVE_UNLOCKED_IOCTL|endif)\n/gm, '')]]);
}

export const makefiles = ['mst_pci', 'mst_pciconf', 'mst_ppc'].map((name) => `mst_backward_compatibility/${name}/Makefile`);

/** How an NNT Makefile begins, and where its recipe looks for the kernel, by the variable in its first line. */
const forms = {
  KERNAL_VERSION: {
    head: ['KERNAL_VERSION ?= $(shell uname -r)', 'CPU_ARCH ?= $(shell uname -m)'],
    recipe: 'make -C /lib/modules/$(shell uname -r)/build',
  },
  KVERSION: {
    head: ['KVERSION ?= $(shell uname -r)', 'CPU_ARCH ?= $(shell uname -m)'],
    recipe: '$(MAKE) -C /lib/modules/$(KVERSION)/build',
  },
  KPVER: { head: ['KPVER ?= $(shell uname -r)', 'KSRC ?= /lib/modules/$(KPVER)/build'], recipe: '$(MAKE) -C $(KSRC)' },
};

/** The three Makefiles of the NNT generation. */
export function nntSource(
  variable: keyof typeof forms,
  { recipeOf = variable, flags = 'EXTRA_CFLAGS= -I$(PWD)/$(NNT_DRIVER_LOCATION)' } = {},
): Files {
  const { head: first } = forms[variable];
  const { recipe } = forms[recipeOf];
  return new Map(
    (
      [
        ['mst_pci', 22],
        ['mst_pciconf', 24],
        ['mst_ppc', 25],
      ] as const
    ).map(([folder, flagsLine]) => {
      const isPpc = folder === 'mst_ppc';
      const head = [...first, ...(isPpc && variable === 'KPVER' ? ['CPU_ARCH ?= $(shell uname -m)'] : []), ''];
      head.push('# Oracle Linux OS.', 'ifneq ($(wildcard /etc/oracle-release),)', '    ORACLE := yes', 'endif', '');
      head.push('NNT_DRIVER_LOCATION := ../../nnt_driver');
      while (head.length < flagsLine - (isPpc ? 3 : 2)) head.push(`# Line ${head.length + 1} of ${folder}.`);
      const object = isPpc ? 'mst_ppc_pci_reset' : folder;
      const lines = [...head, ...(isPpc ? ['ifeq ($(CPU_ARCH),ppc64le)'] : []), `obj-m += ${object}.o`, flags];
      lines.push(isPpc ? 'endif' : `${object}-objs += ${object}_bc.o`, '', 'all:', `\t${recipe} M=$(PWD) modules`, '');
      return [`mst_backward_compatibility/${folder}/Makefile`, lines.join('\n')];
    }),
  );
}

/** The module for arm64, as of 4.26.1. */
export function livefishSource(): Files {
  const path = 'misc_drivers/bf3_livefish/bf3_livefish.c';
  return new Map([[path, sampleText(`nnt-4.26/source/${path}`)]]);
}

/** What a source becomes by patches that all apply. */
export function patched(patches: readonly Patch[], files: Files): Files {
  const result = new Map(files);
  for (const patch of patches) {
    const applied = applyPatch(patch, result);
    expect(applied, patch.id).toMatchObject({ status: 'applied' });
    for (const [path, text] of contentsOf(applied)) result.set(path, text);
  }
  return result;
}

/** The changed files; none unless the patch was applied. */
export function contentsOf(applied: Applied): Files {
  return applied.status === 'applied' ? applied.contents : new Map();
}

/** The files of a folder, bytes as Latin-1. */
export function readTree(folder: string): Files {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'latin1')];
    }),
  );
}
