import { describe, expect, test } from 'vitest';
import { provenUpTo } from '../../../src/commands/matrix/proven.js';
import type { MatrixCell } from '../../../src/documents/index.js';

const cells = (words: string) =>
  words.split(' ').map((word) => {
    const [kernel = '', status = ''] = word.split(':');
    return { kernel, patched: { status } as MatrixCell['patched'] };
  });

describe('the last kernel that a matrix proves', () => {
  test.each([
    ['6.1:builds 7.3:builds 6.12:builds', '7.3'],
    ['5.10:builds 10.1:builds 9.9:builds', '10.1'],
    // What fails later is why there is a guard; what could not be tested says nothing.
    ['6.1:builds 7.3:builds 7.4:fails', '7.3'],
    ['6.1:error 6.12:builds 7.3:missing', '6.12'],
    ['6.1:fails 7.3:builds', undefined],
    ['7.3:builds 7.3:fails', undefined],
    ['7.3:fails', undefined],
    [':builds', undefined],
  ])('%s: %s', (words, last) => {
    expect(provenUpTo(cells(words))).toBe(last);
  });
});
