import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRecord } from '../../src/output/record.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, runCli } from '../support.js';
import { built, type Change, edit, folder, run } from './records.js';

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

describe('the paths of a record', () => {
  /** Builds with a home of its own. @returns the record's text */
  async function recordOf(home: string, input: string, out: string): Promise<string> {
    const env = { ...process.env, HOME: home };
    expect(await runCli(['build', '--no-verify', '--bundle', input, '--out', out], { env })).toMatchObject({ status: 0 });
    return readFileSync(join(out, readdirSync(out).find((name) => name.endsWith('.build.json')) ?? ''), 'utf8');
  }

  test('are relative to it, and do not name the home of who built it', async () => {
    const top = makeDirectory();
    const home = join(top, 'home/somebody');
    mkdirSync(join(home, 'in'), { recursive: true });
    const input = join(home, 'in/vendor.tgz');
    cpSync(join(folder, 'vendor.tgz'), input);
    for (const [out, path] of [
      [join(home, 'out'), '../in/vendor.tgz'],
      [join(top, 'elsewhere'), 'vendor.tgz'],
    ] as const) {
      const text = await recordOf(home, input, out);
      expect(JSON.parse(text)).toMatchObject({ input: { path }, artifacts: [{ path: expect.stringMatching(/^kernel-mft-dkms_[^/]*$/) }] });
      expect(text).not.toContain('somebody');
    }
    const { program, libraries } = JSON.parse(await recordOf(home, input, join(home, 'out')));
    expect(program.version).toMatch(/^\d/);
    expect(libraries.map(({ name }: { name: string }) => name)).toContain('fflate');
  });

  test('lead to the file beside the record, not to one of that name in the working directory', async () => {
    const [place, other] = [makeDirectory(), makeDirectory()];
    cpSync(join(folder, 'vendor.tgz'), join(place, 'vendor.tgz'));
    writeFileSync(join(other, 'vendor.tgz'), 'another file');
    await run(['build', '--no-verify', '--bundle', 'vendor.tgz', '--out', '.'], place);
    const record = join(place, readdirSync(place).find((name) => name.endsWith('.build.json')) ?? '');
    const equal = { exit: 0, status: 'equal', input: { path: join(place, 'vendor.tgz') } };
    expect(await run(['rebuild', record], other)).toMatchObject(equal);
    // As mft-patch 0.1 wrote it, relative to where it ran.
    edit(record, ({ program: _, libraries: __, ...d }) => ({ ...d, input: { ...d.input, path: 'vendor.tgz' } }));
    expect(await run(['rebuild', record], other)).toMatchObject(equal);
  });

  test('of another program are read, and what differs is told with it', async () => {
    const { record } = await built('--sample');
    const sha256 = '1'.repeat(64);
    edit(record, (d) => ({ ...d, program: { version: '0.0.1', sha256 } }));
    expect(await run(['rebuild', record])).toMatchObject({ exit: 0, recordedBy: { version: '0.0.1', sha256 } });
    edit(record, (d) => ({ ...d, serial: '2020010101' }));
    const { stdout } = await runCli(['rebuild', record]);
    expect(stdout).toContain('\n  the name is kernel-mft-dkms_4.15.1-0sample+mftpatch.universal2020010101.g');
    expect(stdout).toContain('\nThe record is of mft-patch 0.0.1 (SHA-256 111111111111), which is not this program.\n');
  });
});
