/** Which kernels a user means. Nothing is fetched and no engine asked: a target only says how its kernel would be got. */
import { readFileSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { someKernels } from '../../src/cli/values.js';
import { kernelNames, resolveKernels, targetOf } from '../../src/kernels/resolve.js';
import { seriesOf, type Target, usualTargets } from '../../src/kernels/target.js';
import { failureOf, makeDirectory, testContext } from '../support.js';

const targets = await loadTargets(testContext());
const cacheDir = join(makeDirectory(), 'cache');
const named = (name: string) => targets.find((target) => target.name === name);
const resolved = (...kernel: string[]) => resolveKernels({ kernel }, targets);
/** The one kernel of that name. */
async function one(name: string) {
  const kernels = await resolved(name);
  expect(kernels).toHaveLength(1);
  return kernels[0] ?? expect.fail('no kernel');
}
const wanted = async (name: string): Promise<Target> => targetOf(await one(name), testContext());
/** Whether `--kernel host` can mean this machine. */
const isDebian = /^ID=(debian|ubuntu)$/m.test(readFileSync('/etc/os-release', 'utf8'));

describe('the release that --kernel names is', () => {
  test.each([
    ['debian-11', '5.10'],
    ['debian-2022-07', '5.18'],
    ['5.18', '5.18'],
    ['6.1.0-50-amd64', '6.1.0-50-amd64'],
    ['6.6.30', '6.6.30'],
    ['5.14.0-427.13.1.el9_4.x86_64', '5.14.0-427.13.1.el9_4.x86_64'],
    ['host', runningRelease()],
  ])('%s: %s', async (kernel, text) => {
    expect((await one(kernel)).release?.text).toBe(text);
  });

  test.each([
    ['debian-99', "unknown target or kernel release 'debian-99'", 'did you mean debian-11 or debian-12 or debian-13?'],
    ['hsot', "unknown target or kernel release 'hsot'", 'did you mean host or'],
    ['', '--kernel is empty', 'all'],
    [' , ,', '--kernel is empty', 'all'],
    ['5.18/../x', "invalid kernel release '5.18/../x'", 'MAJOR.MINOR'],
    ['6', "invalid kernel release '6'", 'MAJOR.MINOR'],
  ])("not '%s'", async (kernel, detail, hint) => {
    const failure = { code: 'usage', detail, hint: expect.stringContaining(hint) };
    expect(await failureOf(() => resolved(kernel))).toEqual(failure);
    if (/[^ ,]/.test(kernel)) expect(await failureOf(() => resolved('debian-12', `6.1,${kernel}`))).toEqual(failure);
  });
});

describe('the target that a user means is', () => {
  test('the one of that name', async () => {
    for (const target of targets) {
      expect(await one(target.name)).toMatchObject({ requested: target.name, again: target.name, alternatives: [] });
      expect(await wanted(target.name)).toBe(target);
    }
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
  ])('for %s the best that carries it, %s, which --kernel may say the next time', async (kernel, name) => {
    expect(await wanted(kernel)).toMatchObject({ ...named(name) });
    expect(await one(kernel)).toMatchObject({ requested: kernel, again: name });
  });

  test('told, with the others that carry the release', async () => {
    const context = testContext();
    expect(await one('6.12')).toMatchObject({ alternatives: ['debian-12-backports'] });
    targetOf(await one('6.12'), context);
    targetOf(await one('5.10'), context);
    expect(context.told.steps).toEqual([
      '6.12: using target debian-13 (also available: debian-12-backports)',
      '5.10: using target debian-11',
    ]);
    const [source = expect.fail('no kernel')] = await resolveKernels({ kernelSource: '/usr/src/linux', kernel: ['6.1'] }, targets);
    for (const kernel of [await one('debian-13'), await one('6.6.30'), source]) targetOf(kernel, context);
    expect(context.told.steps).toHaveLength(2);
  });

  test.skipIf(!isDebian)('for host the running machine', async () => {
    const context = testContext();
    const host = targetOf(await one('host'), context);
    expect(host).toMatchObject({ name: 'host', headers: `linux-headers-${runningRelease()}`, tried: [] });
    expect(host.kernel).toBe(seriesOf(runningRelease()));
    expect(await one('host')).toMatchObject({ requested: 'host', again: 'host', alternatives: [] });
    expect(context.told.steps).toEqual([]);
  });

  test.each([
    ['6.6.30', 'linux-6.6.30'],
    ['6.6', 'linux-6.6'],
    ['4.19.0', 'linux-4.19.0'],
  ])('for %s, which none carries, its source from kernel.org', async (kernel, name) => {
    const target = await wanted(kernel);
    expect(await one(kernel)).toMatchObject({ requested: kernel, again: kernel, alternatives: [] });
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
    const failure = await failureOf(() => target.source?.open(testContext({ cacheDir })));
    const series = kernel.split('.')[0];
    expect(failure).toMatchObject({ code: 'download-failed', url: `https://www.kernel.org/pub/linux/kernel/v${series}.x/sha256sums.asc` });
    expect(failure).toMatchObject({ detail: expect.stringMatching(/not in the cache.*--offline/) });
    expect(failure).toMatchObject({ detail: expect.stringContaining(`linux-${kernel.replace('.0', '')}.tar.xz`) });
    expect(target.source?.config).toBeUndefined();
  });

  test.each([
    ['5.14.0-427.13.1.el9_4.x86_64', ['debian-2022-07 (5.18)', 'ubuntu-22.04 (5.15)', 'debian-11 (5.10)']],
    ['5.4.17-2136.300.7.el8uek.x86_64', ['debian-11 (5.10)', 'ubuntu-22.04 (5.15)', 'debian-2022-07 (5.18)']],
    ['6.3-rc1', ['debian-12 (6.1)', 'ubuntu-24.04 (6.8)', 'ubuntu-22.04-hwe (6.8)']],
  ])('none for %s, which kernel.org never released, and the nearest are named', async (kernel, nearest) => {
    // A plan needs none: that there is none is said where one is wanted.
    expect(await one(kernel)).toMatchObject({ requested: kernel, release: { text: kernel } });
    const failure = await failureOf(() => wanted(kernel));
    expect(failure).toMatchObject({ code: 'no-target', kernel });
    expect(new Set((failure as { targets?: string[] }).targets)).toEqual(new Set(nearest));
  });

  test('none for a kernel without one, and the failure is that which its resolution ended in', async () => {
    const kernel = { requested: 'host', again: 'host', alternatives: [] };
    const noTarget = { code: 'usage', detail: 'no apt here', hint: 'x' } as const;
    expect(await failureOf(() => targetOf({ ...kernel, noTarget }, testContext()))).toEqual(noTarget);
    expect(await failureOf(() => targetOf(kernel, testContext()))).toEqual({ code: 'no-target', kernel: 'host', targets: [] });
  });

  test('not told by nothing at all', async () => {
    expect(await resolveKernels({}, targets)).toEqual([]);
    expect(await failureOf(() => someKernels({}, testContext()))).toEqual({
      code: 'usage',
      detail: 'missing --kernel',
      hint: expect.stringContaining('mft-patch kernels'),
    });
  });
});

describe('--kernel may name several:', () => {
  const names = async (...kernel: string[]) => (await resolved(...kernel)).map(({ requested }) => requested);

  test('in a list, and more than once', async () => {
    expect(await names('6.1,debian-13', ' 5.10 ,, 6.6.30 ')).toEqual(['6.1', 'debian-13', '5.10', '6.6.30']);
    expect(kernelNames(['6.1, host', ' all'])).toEqual(['6.1', 'host', 'all']);
    expect(kernelNames(undefined)).toBeUndefined();
    expect(await failureOf(() => kernelNames([]))).toMatchObject({ code: 'usage' });
  });

  test('each once, as it was named first', async () => {
    expect(await names('debian-12,6.1', '6.1.0-50-amd64')).toEqual(['debian-12']);
    expect(await names('6.1', 'debian-12')).toEqual(['6.1']);
    expect(await names('6.6.30', '6.6.31', '6.6.30')).toEqual(['6.6.30', '6.6.31']);
    const uncarried = '5.14.0-427.13.1.el9_4.x86_64';
    expect(await names(uncarried, '6.3-rc1', uncarried)).toEqual([uncarried, '6.3-rc1']);
  });

  test('all of the catalogue, in its order', async () => {
    const usual = usualTargets(targets);
    const all = usual.map(({ name }) => name);
    expect(await names('all')).toEqual(all);
    expect(await names('all', 'debian-12,5.10')).toEqual(all);
    expect(await names('debian-13,all,6.6.30')).toEqual(['debian-13', ...all.filter((name) => name !== 'debian-13'), '6.6.30']);
    expect((await resolved('all')).map(({ target }) => target)).toEqual(usual);
  });
});
