import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readDeb } from '../../src/deb/deb.js';
import { xz } from '../../src/system/xz.js';
import { failureOf, makeDirectory, missing, sh, writeFiles } from '../support.js';
import { ar, compress, controlTar, dataTar } from './packages.js';

const folder = makeDirectory();

/** Packers for 100 MB of zeros, one of them asking for 1 GiB of memory to unpack. */
const bombs = {
  'plain.gz': 'gzip -1',
  'plain.zst': 'zstd -q',
  'ultra.zst': 'zstd -q --ultra -22',
  'long.zst': 'zstd -q --long=30',
  'sha256.xz': 'xz -0 -T1 --check=sha256',
  'plain.xz': 'xz -0 -T1',
};

const packageWith = (suffix: string, member: Buffer) =>
  ar(['debian-binary', Buffer.from('2.0\n')], ['control.tar', controlTar], [`data.tar${suffix}`, member]);

const peak = () => process.resourceUsage().maxRSS / 1024;

describe.skipIf(missing('tools') !== '')('a package that unpacks to very much', () => {
  beforeAll(() => {
    const packers = Object.entries(bombs).map(([name, packer]) => `>(${packer} -c > ${name}; touch ${name}.done)`);
    writeFiles(folder, { zeros: '' });
    sh(
      `truncate -s 100M zeros
      tee ${packers.join(' ')} < zeros > /dev/null
      for name in ${Object.keys(bombs).join(' ')}; do until [ -e $name.done ]; do sleep 0.05; done; done`,
      { cwd: folder },
    );
  });

  test.each(Object.keys(bombs))('is refused quickly and without much memory: %s', async (name) => {
    const member = readFileSync(join(folder, name));
    expect(member.length).toBeLessThan(500_000);
    const suffix = `.${name.split('.')[1]}`;
    const before = peak();
    const start = process.cpuUsage();
    const failure = await failureOf(() => readDeb(packageWith(suffix, member), 'thing.deb', xz));
    expect(failure).toEqual({
      code: 'package-unfit',
      path: `thing.deb: data.tar${suffix}`,
      detail: expect.stringContaining('more than 8388608 bytes'),
    });
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000, 'milliseconds of processor time').toBeLessThan(5000);
    expect(peak() - before, 'MiB').toBeLessThan(256);
  });

  test('is refused if that is in its control member too', async () => {
    const member = readFileSync(join(folder, 'plain.gz'));
    const bytes = ar(['debian-binary', Buffer.from('2.0\n')], ['control.tar.gz', member], ['data.tar', dataTar]);
    expect(await failureOf(() => readDeb(bytes, 'x'))).toMatchObject({ code: 'package-unfit', path: 'x: control.tar.gz' });
  });

  test('is read up to the limit', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024);
    dataTar.copy(body);
    for (const [suffix, program, option] of [
      ['.gz', 'gzip', '-1'],
      ['.xz', 'xz', '-0'],
      ['.zst', 'zstd', '-1'],
    ] as const) {
      const read = (bytes: Buffer) => readDeb(packageWith(suffix, compress(program, bytes, option)), 'x');
      expect((await read(body)).data).toHaveLength(3);
      const failure = await failureOf(() => read(Buffer.concat([body, Buffer.alloc(1)])));
      expect(failure).toMatchObject({ code: 'package-unfit', detail: 'decompresses to more than 8388608 bytes' });
    }
  });

  test('is no package that only says that it needs a large window, as zstd at its highest level does', async () => {
    const member = compress('zstd', dataTar, '--ultra', '-22', '-q');
    // RFC 8878, 3.1.1.1: no single segment, and a window descriptor of 128 MiB.
    expect([(member[4] ?? 0) & 0b100000, member[5]]).toEqual([0, 0b10001000]);
    expect((await readDeb(packageWith('.zst', member), 'x')).data).toHaveLength(3);
  });
});
