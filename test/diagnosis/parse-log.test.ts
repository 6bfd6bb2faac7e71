/**
 * The logs in logs/ are what make printed for the modules in modules/, in the project's images (gcc 12, 14 and 16; the long test
 * makes them again). The lines of clang are written after its sources: no image has it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseLog } from '../../src/diagnosis/parse-log.js';
import { projectRoot } from '../support.js';
import { breaks } from './breaks.js';

const directory = join(projectRoot, 'test/diagnosis/logs');
const targets = readdirSync(directory);
const logs = targets.flatMap((target) => readdirSync(join(directory, target)).map((file) => [target, file.replace(/\.log$/, '')] as const));

describe('the log of', () => {
  test.each(logs)('%s, %s names one error', (target, name) => {
    const { errors, kernel } = parseLog(readFileSync(join(directory, target, `${name}.log`), 'utf8'));
    expect(kernel).toMatch(/^[67]\.\d+/);
    const place = { file: `${name}.c`, line: expect.any(Number) };
    expect(errors).toMatchObject([{ ...breaks[name], ...(/symbol/.test(name) ? { places: [] } : { places: [place] }) }]);
  });

  test('every module is there', () => {
    expect([...new Set(logs.map(([, name]) => name))].sort()).toEqual(Object.keys(breaks).sort());
  });
});

describe("clang's words", () => {
  test.each([
    [
      "x.c:8:2: error: call to undeclared function 'pci_unmap_single'; ISO C99 and later do not support implicit function declarations [-Wimplicit-function-declaration]\nx.c:8:2: note: did you mean 'dma_unmap_single'?",
      { kind: 'removed-function', name: 'pci_unmap_single', suggestion: 'dma_unmap_single' },
    ],
    ["x.c:3:10: fatal error: 'linux/pci-dma-compat.h' file not found", { kind: 'removed-header', name: 'linux/pci-dma-compat.h' }],
    [
      'x.c:9:36: error: too many arguments to function call, expected 1, have 2\n    9 |         class = class_create(THIS_MODULE, "x");\n/usr/include/class.h:228:29: note: \'class_create\' declared here',
      { kind: 'argument-count', name: 'class_create', source: 'class = class_create(THIS_MODULE, "x");' },
    ],
    [
      "x.c:8:18: error: no member named 'state' in 'struct task_struct'",
      { kind: 'removed-member', name: 'state', owner: 'struct task_struct' },
    ],
    [
      "x.c:7:3: error: field designator 'owner' does not refer to any field in type 'struct class'",
      { kind: 'removed-member', owner: 'struct class' },
    ],
    [
      "x.c:17:12: error: incompatible function pointer types initializing 'void (*)(struct platform_device *)' with an expression of type 'int (struct platform_device *)' [-Wincompatible-function-pointer-types]\n   17 |         .remove = demo_remove,",
      { kind: 'callback-type', name: 'remove', expected: 'void (*)(struct platform_device *)', actual: 'int (struct platform_device *)' },
    ],
    [
      "x.c:3:5: error: no previous prototype for function 'is_wide' [-Werror,-Wmissing-prototypes]",
      { kind: 'missing-prototype', name: 'is_wide' },
    ],
  ])('%s', (text, error) => {
    expect(parseLog(text).errors).toMatchObject([error]);
  });
});

describe('what else is in a log', () => {
  test('colours, quotes of another locale, and the same error twice', () => {
    const line = (number: number) =>
      `\u001b[1mx.c:${number}:1:\u001b[m error: implicit declaration of function ‘f’ [-Werror=implicit-function-declaration]`;
    expect(parseLog(`${line(1)}\n${line(2)}\n${line(2)}`).errors).toMatchObject([
      {
        name: 'f',
        places: [
          { file: 'x.c', line: 1 },
          { file: 'x.c', line: 2 },
        ],
      },
    ]);
  });

  test('warnings, and what make adds, are no errors', () => {
    const noise = [
      "x.c:1:1: warning: 'f' defined but not used",
      'make[1]: *** [Makefile:1: x.o] Error 1',
      'make: *** Waiting for unfinished jobs....',
    ];
    expect(parseLog(noise.join('\n')).errors).toEqual([]);
  });

  test("make's own errors, and modpost's where it only warns", () => {
    const text = [
      'make[1]: *** /lib/modules/6.1.0-1/build: No such file or directory.  Stop.',
      'WARNING: modpost: "f" [x.ko] undefined!',
    ].join('\n');
    expect(parseLog(text).errors).toMatchObject([{ kind: 'kernel-directory', name: '6.1.0-1' }]);
    expect(parseLog("make: *** No rule to make target 'x.c', needed by 'x.o'.  Stop.").errors).toMatchObject([{ kind: 'unknown' }]);
  });

  test('a header of its own that is not in its source is not for want of a variable', () => {
    const text = 'x.c:1:10: fatal error: own.h: No such file or directory';
    const makefile = ['Makefile', 'EXTRA_CFLAGS += -I.\n'] as const;
    expect(parseLog(text, new Map([makefile])).errors).toMatchObject([{ kind: 'unknown' }]);
    expect(parseLog(text, new Map([makefile, ['inc/own.h', '']])).errors).toMatchObject([{ kind: 'removed-variable', owner: 'own.h' }]);
    expect(
      parseLog(
        text,
        new Map([
          ['Makefile', 'ccflags-y += -I.\n'],
          ['inc/own.h', ''],
        ]),
      ).errors,
    ).toMatchObject([{ kind: 'unknown' }]);
  });
});
