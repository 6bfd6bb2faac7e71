import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRecord } from '../../src/output/record.js';
import { cli } from '../cli.js';
import { failureOf } from '../support.js';
import { built, type Change, edit, folder } from './records.js';

describe('what is no record is refused with exit 2:', () => {
  const changes: [string, Change][] = [
    ['no object', () => []],
    ['nothing', () => null],
    ['another schema', (d) => ({ ...d, schema: 'mft-patch/plan@1' })],
    ['its values in its prototype only', (d) => JSON.parse(`{"__proto__": ${JSON.stringify(d)}}`)],
    ['no kernel', (d) => ({ ...d, kernel: undefined })],
    ['a kernel of no version', (d) => ({ ...d, kernel: { requested: 'x', version: '6.1; rm' } })],
    ['no input', (d) => ({ ...d, input: 'vendor.tgz' })],
    ['an input that is a list', (d) => ({ ...d, input: { ...d.input, path: ['x'] } })],
    ['a path with a zero byte', (d) => ({ ...d, input: { ...d.input, path: 'x\0y' } })],
    ['a digest in capitals', (d) => ({ ...d, input: { ...d.input, sha256: 'A'.repeat(64) } })],
    ['a digest with a newline', (d) => ({ ...d, input: { ...d.input, sha256: `${'a'.repeat(64)}\n` } })],
    ['patches that are no list', (d) => ({ ...d, patches: { length: 1 } })],
    ['a patch that is a path', (d) => ({ ...d, patches: [{ ...d.patches[0], id: '../../x' }] })],
    ['a patch of unknown status', (d) => ({ ...d, patches: [{ ...d.patches[0], status: 'toString' }] })],
    ['no artifact', (d) => ({ ...d, artifacts: [] })],
    ['an artifact that is a folder', (d) => ({ ...d, artifacts: [{ ...d.artifacts[0], path: '../..' }] })],
    ['an artifact that is no package', (d) => ({ ...d, artifacts: [{ ...d.artifacts[0], path: '/etc/passwd' }] })],
    ['a size that is none', (d) => ({ ...d, artifacts: [{ ...d.artifacts[0], bytes: -1 }] })],
  ];
  test('made from a good one', async () => {
    const { record } = await built('--sample');
    const good = readFileSync(record, 'utf8');
    for (const [title, change] of changes) {
      writeFileSync(record, good);
      edit(record, change);
      const failure = await failureOf(() => readRecord(record));
      expect({ title, ...failure }).toMatchObject({
        title,
        code: 'usage',
        detail: expect.stringContaining(`${record} is not a build record: `),
      });
    }
    for (const content of ['', '{', Buffer.alloc(5 << 20, ' ')]) {
      writeFileSync(record, content);
      expect(await failureOf(() => readRecord(record))).toMatchObject({ code: 'usage' });
    }
    for (const path of [join(folder, 'none'), folder, '/dev/zero'])
      await cli(['rebuild', path]).fails(2, { code: 'usage', detail: expect.stringContaining(`${path} is not a build record: `) });
    writeFileSync(record, '[]');
    await cli(['rebuild', record]).fails(2, { code: 'usage', detail: expect.stringContaining(`${record} is not a build record: `) });
  });
});
