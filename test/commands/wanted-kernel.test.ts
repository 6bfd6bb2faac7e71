/** Which kernel a user means. Nothing is fetched and no engine asked: a target only says how its kernel would be got. */
import { readFileSync, writeFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type KernelOptions, wantedRelease, wantedTarget } from '../../src/kernels/resolve.js';
import { loadTargets } from '../../src/catalogue.js';
import { failureOf, makeFolder, testContext } from '../support.js';

const targets = await loadTargets();
const folder = makeFolder();
const config = join(folder, 'config');
writeFileSync(config, '# a comment\nCONFIG_MODULES=y\n');
const named = (name: string) => targets.find((target) => target.name === name);
const wanted = (kernel?: string, options: KernelOptions = {}) => wantedTarget(kernel, options, targets, testContext());
/** Whether `--kernel host` can mean this machine. */
const isDebian = /^ID=(debian|ubuntu)$/m.test(readFileSync('/etc/os-release', 'utf8'));

describe('the release that --kernel names is', () => {
  test.each([
    ['debian-11', '5.10'],
    ['debian-2022-07', '5.18'],
    ['5.18', '5.18'],
    ['6.1.0-50-amd64', '6.1.0-50-amd64'],
    ['host', runningRelease()],
  ])('%s: %s', (kernel, text) => {
    expect(wantedRelease(kernel, targets).text).toBe(text);
  });

  test.each([
    ['debian-99', "'debian-99' is neither a target nor a kernel release", 'did you mean debian-11 or debian-12 or debian-13?'],
    ['hsot', "'hsot' is neither a target nor a kernel release", 'did you mean host or'],
    ['', "'' is neither a target nor a kernel release", 'did you mean'],
    ['5.18/../x', "'5.18/../x' is not a kernel release", 'major.minor'],
    ['6', "'6' is not a kernel release", 'major.minor'],
  ])("not '%s'", async (kernel, detail, hint) => {
    const failure = { code: 'usage', detail, hint: expect.stringContaining(hint) };
    expect(await failureOf(() => wantedRelease(kernel, targets))).toEqual(failure);
    expect(await failureOf(() => wanted(kernel))).toEqual(failure);
  });
});

describe('the target that a user means is', () => {
  test('the one of that name', async () => {
    for (const target of targets) expect(await wanted(target.name)).toBe(target);
  });

  test.each([
    ['6.1', 'debian-12'],
    ['6.1.0-50-amd64', 'debian-12'],
    ['6.12', 'debian-13'],
    ['6.12.117+deb13-amd64', 'debian-13'],
    ['6.12.95+deb12-amd64', 'debian-12-backports'],
    ['6.12.9+bpo-amd64', 'debian-12-backports'],
    ['5.15.0-91-generic', 'ubuntu-22.04'],
    ['6.8.0-90-generic', 'ubuntu-24.04'],
    ['5.18', 'debian-2022-07'],
  ])('for %s the best that carries it, %s', async (kernel, name) => {
    expect(await wanted(kernel)).toBe(named(name));
  });

  test('told, with the others that carry the release', async () => {
    const context = testContext();
    await wantedTarget('6.12', {}, targets, context);
    await wantedTarget('5.10', {}, targets, context);
    expect(context.told.steps).toEqual(['6.12 is tried on debian-13 (also on debian-12-backports)', '5.10 is tried on debian-11']);
    await wantedTarget('debian-13', {}, targets, context);
    expect(context.told.steps).toHaveLength(2);
  });

  test.skipIf(!isDebian)('for host the running machine', async () => {
    const host = await wanted('host');
    expect(host).toMatchObject({ name: 'host', headers: `linux-headers-${runningRelease()}`, tried: [] });
    expect(host.kernel).toBe(/^\d+\.\d+/.exec(runningRelease())?.[0]);
  });

  test.each([
    ['6.6.30', 'linux-6.6.30'],
    ['6.6', 'linux-6.6'],
    ['4.19.0', 'linux-4.19.0'],
  ])('for %s, which none carries, its source from kernel.org', async (kernel, name) => {
    const target = await wanted(kernel);
    expect(target).toMatchObject({
      name,
      kernel: '',
      headers: '',
      rolling: false,
      tried: [],
      title: expect.stringContaining('kernel.org'),
    });
    expect(target).toMatchObject({ image: named('debian-12')?.image, suites: named('debian-12')?.suites });
    // Where it would come from is told by what cannot be done without a connection.
    const failure = await failureOf(() => target.source?.open(testContext({ cacheDir: join(folder, 'cache') })));
    const series = kernel.split('.')[0];
    expect(failure).toMatchObject({ code: 'download-failed', url: `https://www.kernel.org/pub/linux/kernel/v${series}.x/sha256sums.asc` });
    expect(failure).toMatchObject({ detail: expect.stringContaining(`linux-${kernel.replace('.0', '')}.tar.xz is not in the cache`) });
    expect(target.source?.config).toBeUndefined();
  });

  test.each([
    ['5.14.0-427.13.1.el9_4.x86_64', ['debian-2022-07 (5.18)', 'ubuntu-22.04 (5.15)', 'debian-11 (5.10)']],
    ['5.4.17-2136.300.7.el8uek.x86_64', ['debian-11 (5.10)', 'ubuntu-22.04 (5.15)', 'debian-2022-07 (5.18)']],
    ['6.3-rc1', ['debian-12 (6.1)', 'ubuntu-24.04 (6.8)', 'ubuntu-24.04-hwe (6.11)']],
  ])('none for %s, which kernel.org never released, and the nearest are named', async (kernel, nearest) => {
    const failure = await failureOf(() => wanted(kernel));
    expect(failure).toMatchObject({ code: 'no-target', kernel });
    expect(new Set((failure as { targets?: string[] }).targets)).toEqual(new Set(nearest));
  });

  test('not told by nothing at all', async () => {
    expect(await failureOf(() => wanted())).toEqual({
      code: 'usage',
      detail: 'which kernel? --kernel is missing',
      hint: expect.stringContaining('mft-patch kernels'),
    });
  });
});

describe('--kernel-source is the kernel', () => {
  const source = { title: '', kernel: '', headers: '', rolling: false, tried: [] };

  test('alone, prepared on Debian 12', async () => {
    const place = join(folder, 'Linux_Mine');
    const target = await wanted(undefined, { kernelSource: place });
    const { image, suites } = named('debian-12') ?? {};
    expect(target).toMatchObject({ ...source, title: `the source in ${place}`, name: 'linux-mine', image, suites });
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
    expect((await wanted(undefined, { kernelSource })).name).toBe(name);
  });

  test('by a URL is fetched', async () => {
    const url = 'https://example.invalid/linux-6.6.30.tar.xz';
    const target = await wanted(undefined, { kernelSource: url });
    const open = () => target.source?.open(testContext({ cacheDir: join(folder, 'cache') }));
    expect(await failureOf(open)).toMatchObject({ code: 'download-failed', url, detail: expect.stringContaining('--offline') });
  });

  test("with a target's name in --kernel is prepared on that target", async () => {
    const { image, suites } = named('debian-13') ?? {};
    const target = await wanted('debian-13', { kernelSource: '/usr/src/linux' });
    expect(target).toMatchObject({ ...source, title: expect.any(String), name: 'linux', image, suites });
    expect(image).not.toBe(named('debian-12')?.image);
  });

  test('with a release in --kernel is expected to be of that one, though a target carries it, too', async () => {
    const target = await wanted('6.1.7', { kernelSource: '/usr/src/linux' });
    expect(target).toMatchObject({ name: 'linux', kernel: '6.1', headers: '', source: expect.anything() });
    expect(await wanted('5.14.0-427.13.1.el9_4.x86_64', { kernelSource: '/usr/src/linux' })).toMatchObject({ kernel: '5.14' });
    expect(await failureOf(() => wanted('nonsense', { kernelSource: '/usr/src/linux' }))).toMatchObject({ code: 'usage' });
  });

  test('with --kernel-config it has that configuration', async () => {
    const target = await wanted('6.1', { kernelSource: '/usr/src/linux', kernelConfig: config });
    expect(target.source?.config).toBe('# a comment\nCONFIG_MODULES=y\n');
  });

  test('but not with one that does not parse, or that is not there', async () => {
    const bad = join(folder, 'bad');
    writeFileSync(bad, 'CONFIG_A=y\nCONFIG_B=maybe\n');
    const options = (kernelConfig: string) => ({ kernelSource: '/usr/src/linux', kernelConfig });
    expect(await failureOf(() => wanted(undefined, options(bad)))).toMatchObject({ code: 'source-unfit', path: `${bad}:2` });
    const nowhere = join(folder, 'nowhere');
    const hint = 'check --kernel-config';
    expect(await failureOf(() => wanted(undefined, options(nowhere)))).toMatchObject({ code: 'no-input', path: nowhere, hint });
    expect(await failureOf(() => wanted(undefined, options(folder)))).toMatchObject({ code: 'no-input', path: folder, hint });
  });

  test.each(['6.1', 'debian-12', '6.6.30', 'host'])('must be there for --kernel-config, with %s as well', async (kernel) => {
    expect(await failureOf(() => wanted(kernel, { kernelConfig: config }))).toEqual({
      code: 'usage',
      detail: '--kernel-config is for a kernel from source',
      hint: expect.stringContaining('--kernel-source'),
    });
  });
});
