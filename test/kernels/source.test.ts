/** The kernel that --kernel-source and --kernel-config mean. Nothing is fetched, no image is built. */
import { writeFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { type Kernel, type KernelOptions, resolveKernels, targetOf } from '../../src/kernels/resolve.js';
import { seriesOf, type Target } from '../../src/kernels/target.js';
import { failureOf, makeDirectory, testContext } from '../support.js';

const targets = await loadTargets(testContext());
const directory = makeDirectory();
const config = join(directory, 'config');
writeFileSync(config, '# a comment\nCONFIG_MODULES=y\n');
const named = (name: string) => targets.find((target) => target.name === name);

/** The one kernel that the options mean. */
async function kernelOf(options: KernelOptions): Promise<Kernel> {
  const kernels = await resolveKernels(options, targets);
  expect(kernels).toHaveLength(1);
  return kernels[0] ?? expect.fail('no kernel');
}

const wanted = async (options: KernelOptions): Promise<Target> => targetOf(await kernelOf(options), testContext());
/** A source, and what --kernel says with it. */
const source = (kernel: string, options: KernelOptions = {}) => ({ kernelSource: '/usr/src/linux', kernel: [kernel], ...options });

describe('--kernel-source is the kernel', () => {
  const fromSource = { title: '', kernel: '', headers: '', rolling: false, tried: [] };

  test('alone, prepared on Debian 12', async () => {
    const place = join(directory, 'Linux_Mine');
    const kernel = await kernelOf({ kernelSource: place });
    expect(kernel).toEqual({ requested: '', again: '', target: expect.anything(), alternatives: [] });
    const target = targetOf(kernel, testContext());
    const { image, suites } = named('debian-12') ?? {};
    expect(target).toMatchObject({ ...fromSource, title: `the source in ${place}`, name: 'linux-mine', image, suites });
    expect(await target.source?.open(testContext())).toBe(place);
    expect(target.source).not.toHaveProperty('config');
  });

  test.each([
    ['/usr/src/linux-source-6.1.tar.xz', 'linux-source-6.1'],
    ['/usr/src/linux-6.6.30/', 'linux-6.6.30'],
    ['/a/My Kernel (new).tar', 'my-kernel-new'],
    ['/a/linux.tgz', 'linux'],
    ['/a/---', 'linux'],
    ['/', 'linux'],
    ['https://example.invalid/x/linux-6.6.30.tar.gz?raw=1', 'linux-6.6.30'],
    ['HTTPS://example.invalid/', 'linux'],
  ])('%s gets a name that images can have: %s', async (kernelSource, name) => {
    expect((await wanted({ kernelSource })).name).toBe(name);
  });

  test('by a URL is fetched', async () => {
    const url = 'https://example.invalid/linux-6.6.30.tar.xz';
    const target = await wanted({ kernelSource: url });
    const open = () => target.source?.open(testContext({ cacheDir: join(directory, 'cache') }));
    expect(await failureOf(open)).toMatchObject({ code: 'download-failed', url, detail: expect.stringContaining('--offline') });
  });

  test('by a URL is refused without a known digest, where one is required', async () => {
    const target = await wanted({ kernelSource: 'https://example.invalid/linux-6.6.30.tar.xz', requireDigest: true });
    const open = () => target.source?.open(testContext({ cacheDir: join(directory, 'cache') }));
    expect(await failureOf(open)).toMatchObject({ code: 'digest-unknown' });
  });

  test('by a URL is named without what gives access to it', async () => {
    const target = await wanted({ kernelSource: 'https://u:p@example.invalid/linux-6.6.30.tar.xz?token=S3cret' });
    expect(target.title).toBe('the source in https://example.invalid/linux-6.6.30.tar.xz');
  });

  test('but not by a URL that is none', async () => {
    expect(await failureOf(() => kernelOf({ kernelSource: 'https://' }))).toEqual({
      code: 'usage',
      detail: expect.stringContaining("--kernel-source URL 'https://'"),
      hint: expect.any(String),
    });
  });

  test("with a target's name in --kernel is prepared on that target", async () => {
    const { image, suites } = named('debian-13') ?? {};
    const kernel = await kernelOf(source('debian-13'));
    expect(kernel).toMatchObject({ requested: 'debian-13', again: '', release: { text: '6.12' } });
    expect(kernel.target).toMatchObject({ ...fromSource, title: expect.any(String), name: 'linux', image, suites });
    expect(image).not.toBe(named('debian-12')?.image);
  });

  test('with a release in --kernel is expected to be of that one, though a target carries it, too', async () => {
    const kernel = await kernelOf(source('6.1.7'));
    expect(kernel).toMatchObject({ requested: '6.1.7', again: '', release: { text: '6.1.7', version: '6.1.7' }, alternatives: [] });
    expect(kernel.target).toMatchObject({ name: 'linux', kernel: '6.1', headers: '', source: expect.anything() });
    expect(kernel.target).toMatchObject({ image: named('debian-12')?.image });
    expect(await wanted(source('5.14.0-427.13.1.el9_4.x86_64'))).toMatchObject({ name: 'linux', kernel: '5.14' });
    expect(await wanted(source('6.6.30'))).toMatchObject({ name: 'linux', kernel: '6.6', title: 'the source in /usr/src/linux' });
    expect(await wanted(source('host'))).toMatchObject({ name: 'linux', kernel: seriesOf(runningRelease()) });
    expect(await failureOf(() => kernelOf(source('nonsense')))).toMatchObject({ code: 'usage' });
  });

  test.each([[['6.1', '6.6']], [['6.1,6.6']], [['debian-12', 'debian-12']], [['all']], [['all', '6.1']]])(
    'takes one --kernel at most, not %j',
    async (kernel) => {
      expect(await failureOf(() => kernelOf({ kernelSource: '/usr/src/linux', kernel }))).toEqual({
        code: 'usage',
        detail: '--kernel-source takes one --kernel at most',
        hint: expect.stringMatching(/\S/),
      });
    },
  );

  test('and a name of nothing in --kernel is refused', async () => {
    expect(await failureOf(() => kernelOf(source(',')))).toMatchObject({ code: 'usage', detail: '--kernel is empty' });
  });

  test('needs the target that it is prepared on', async () => {
    const others = targets.filter(({ name }) => name !== 'debian-12');
    expect(await failureOf(() => resolveKernels({ kernelSource: '/usr/src/linux' }, others))).toMatchObject({
      code: 'bad-catalogue',
      file: 'kernels/debian-12.json',
    });
    expect(await resolveKernels(source('debian-13'), others)).toHaveLength(1);
  });
});

describe('--kernel-config', () => {
  test('is the configuration of the source', async () => {
    const target = await wanted(source('6.1', { kernelConfig: config }));
    expect(target.source?.config).toBe('# a comment\nCONFIG_MODULES=y\n');
  });

  test('must parse, and be there', async () => {
    const bad = join(directory, 'bad');
    writeFileSync(bad, 'CONFIG_A=y\nCONFIG_B=maybe\n');
    const failureWith = (kernelConfig: string) => failureOf(() => kernelOf({ kernelSource: '/usr/src/linux', kernelConfig }));
    expect(await failureWith(bad)).toMatchObject({ code: 'source-unfit', path: `${bad}:2` });
    const nowhere = join(directory, 'nowhere');
    const hint = 'check --kernel-config';
    expect(await failureWith(nowhere)).toMatchObject({ code: 'no-input', path: nowhere, hint });
    expect(await failureWith(directory)).toMatchObject({ code: 'no-input', path: directory, hint });
  });

  test.each([['6.1'], ['debian-12'], ['6.6.30'], ['host'], ['all'], []])('requires --kernel-source, with %s as well', async (...kernel) => {
    expect(await failureOf(() => resolveKernels({ ...(kernel.length > 0 ? { kernel } : {}), kernelConfig: config }, targets))).toEqual({
      code: 'usage',
      detail: '--kernel-config requires --kernel-source',
      hint: expect.stringMatching(/source/),
    });
  });
});
