/** Since when a thing is missing, what stands in its place, and the header of a patch: by headers, without a container. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BuildError } from '../../src/diagnosis/build-error.js';
import { newHeader } from '../../src/diagnosis/new-patch.js';
import { parseLog } from '../../src/diagnosis/parse-log.js';
import { breakOf, presenceOf } from '../../src/diagnosis/presence.js';
import { replacements } from '../../src/diagnosis/replacement.js';
import { projectRoot } from '../support.js';
import { kernel, kernels } from './headers.js';

const errorOf = (name: string, target = 'debian-sid') => {
  const [error] = parseLog(readFileSync(join(projectRoot, `test/diagnosis/logs/${target}/${name}.log`), 'utf8')).errors;
  return error as BuildError;
};

function explain(error: BuildError) {
  const place = breakOf(presenceOf(error, kernels));
  const instead = place === undefined ? [] : replacements(error, place, kernels);
  const header = newHeader({ error, place, replacements: instead, commit: undefined, oldest: '5.10' });
  return {
    between: place && [place.last.kernel.kernel, place.first.kernel.kernel],
    instead: instead.map(({ name, evidence }) => [name, evidence]),
    header,
  };
}

describe('what the headers say about', () => {
  test.each<[string, [string, string], [string, string][], object]>([
    [
      'renamed_function',
      ['6.12', '7.3'],
      [['timer_delete_sync', 'wrapped']],
      { Kernel: '>=7.3', 'Good-On-Older': 'no, timer_delete_sync is not in 5.10' },
    ],
    [
      'removed_function',
      ['5.10', '6.12'],
      [['dma_unmap_single', 'wrapped']],
      { Kernel: '>=6.12', 'Good-On-Older': 'yes, dma_unmap_single is in 5.10' },
    ],
    [
      'argument_count',
      ['5.10', '6.12'],
      [],
      { Kernel: '>=6.12', Probe: 'include/linux/device.h ~ class_create\\(const[[:space:]]+char[[:space:]]+\\*name' },
    ],
    ['return_type', ['5.10', '6.12'], [], { Kernel: '>=6.12', Probe: 'include/linux/platform_device.h ~ void[[:space:]]+\\(\\*remove\\)' }],
    [
      'removed_member',
      ['5.10', '6.12'],
      [['__state', 'name']],
      { 'Good-On-Older': 'no, __state is not in 5.10', Probe: 'include/linux/sched.h !~ volatile[[:space:]]+long[[:space:]]+state' },
    ],
    ['kbuild_variable', ['6.12', '7.3'], [], { Kernel: '>=7.3', 'Good-On-Older': 'yes, kbuild has had ccflags-y since 2.6.24' }],
    ['gpl_symbol', ['5.10', '6.12'], [], { Kernel: '>=6.12' }],
    ['missing_symbol', ['5.10', '6.12'], [], { Kernel: '>=6.12' }],
    ['symbol_namespace', ['5.10', '6.12'], [], { Kernel: '>=6.12' }],
  ])('%s', (name, between, instead, header) => {
    const found = explain(errorOf(name));
    expect(found).toMatchObject({ between, header });
    expect(found.instead).toEqual(instead);
  });

  test('a header: one of its name elsewhere, or what it included', () => {
    expect(explain({ ...errorOf('moved_header'), name: 'linux/pci-dma-compat.h' })).toMatchObject({
      between: ['5.10', '6.12'],
      instead: [['linux/dma-mapping.h', 'wrapped']],
      header: { 'Needed-If': '^#include <linux/pci-dma-compat\\.h>', 'Good-On-Older': 'yes, linux/dma-mapping.h is in 5.10' },
    });
  });

  test('an error that no header knows: nothing', () => {
    expect(explain(errorOf('unknown_error'))).toMatchObject({
      between: undefined,
      instead: [],
      header: { Symptom: "error: expected ';' before '}' token" },
    });
  });
});

test('a symbol that was exported again later: the break below the kernel that fails', () => {
  const exported = (is: boolean) => ({ symbols: new Map(is ? [['do_exit', { gpl: true, namespace: '' }]] : []) });
  const all = [kernel('5.10', exported(true)), kernel('6.1', exported(false)), kernel('7.3', exported(true))];
  const error: BuildError = { kind: 'missing-symbol', name: 'do_exit', message: '', places: [] };
  const place = breakOf(presenceOf(error, all), '6.1');
  expect([place?.last.kernel.kernel, place?.first.kernel.kernel]).toEqual(['5.10', '6.1']);
});

test('without headers the compiler has the only word', () => {
  expect(presenceOf(errorOf('removed_function'), [])).toEqual([]);
  expect(newHeader({ error: errorOf('removed_function'), place: undefined, replacements: [], commit: undefined, oldest: '' })).toEqual({
    'Needed-If': '\\bpci_unmap_single\\s*\\(',
    Symptom: "error: implicit declaration of function 'pci_unmap_single'; did you mean 'dma_unmap_single'?",
  });
});
