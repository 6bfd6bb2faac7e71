import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyHome, installPacked } from '../installed.js';
import { makeDirectory, sample, sh } from '../support.js';

const own = process.versions.node.split('.')[0] ?? '';
const majors = ['20', '22', '24', '26'];
const folder = makeDirectory();
chmodSync(folder, 0o755);

/** The newest Node of a major: its binary alone, which npm has as a package for each platform. This machine's counts for its own. */
async function fetchNode(major: string): Promise<string> {
  if (major === own) return process.execPath;
  const place = join(folder, `node-${major}`);
  mkdirSync(place);
  const script = `npm pack --silent node-${process.platform}-${process.arch}@${major} && tar xzf *.tgz package/bin/node && rm *.tgz`;
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: place, env: emptyHome() });
  return join(place, 'package/bin/node');
}

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const users = isRoot ? ['root', 'a user'] : ['a user'];
const asUser = (user: string) => (isRoot && user === 'a user' ? `setpriv --reuid ${nobody} --regid ${nobody} --clear-groups ` : '');

/** A folder in memory: a file system of the test's own, else the machine's. */
function memoryFolder(): string {
  const place = join(folder, 'memory');
  mkdirSync(place);
  try {
    sh(`mount -t tmpfs -o mode=755 tmpfs '${place}'`);
    afterAll(() => sh(`umount -l '${place}'`));
    return place;
  } catch {
    const shared = mkdtempSync('/dev/shm/mft-patch-test-');
    chmodSync(shared, 0o755);
    afterAll(() => rmSync(shared, { recursive: true, force: true }));
    return shared;
  }
}

const kindOf = (place: string) => sh(`stat -f -c %T '${place}'`).trim();
const places = { disk: folder, memory: memoryFolder() };
if (isRoot === false && process.env.CI === 'true') throw new Error('CI=true, but this is not root: another user cannot be tried');

/** What is built in each place: name of the folder, and options. */
const builds = {
  'flat-all': '--deb flat.deb',
  'flat-7.3': '--deb flat.deb --kernel 7.3',
  'nnt-all': '--deb nnt.deb',
  'nnt-7.3': '--deb nnt.deb --kernel 7.3',
  sample: '--sample',
};

describe('with each Node that is promised', () => {
  const nodes = new Map<string, string>();
  let cli = '';
  /** The packages' digests by Node, user, place and build. */
  const digests = new Map<string, string>();
  const debs = new Map<string, Buffer>();

  beforeAll(async () => {
    const fetched = Promise.all(majors.map(async (major) => nodes.set(major, await fetchNode(major))));
    cli = join(installPacked(emptyHome()), 'node_modules/mft-patch/build/cli.js');
    await fetched;
    for (const generation of ['flat', 'nnt']) debs.set(generation, (await sample(generation)).deb);
    // Two at once: the smallest machines have two cores.
    const combinations = majors.flatMap((major) =>
      users.flatMap((user) => Object.entries(places).map((place) => ({ major, user, place }))),
    );
    await Promise.all(
      [1, 2].map(async () => {
        for (let next = combinations.shift(); next; next = combinations.shift()) await buildAll(next.major, next.user, ...next.place);
      }),
    );
  }, 600_000);

  async function buildAll(major: string, user: string, kind: string, place: string): Promise<void> {
    const home = mkdtempSync(join(place, 'home-'));
    for (const [generation, bytes] of debs) writeFileSync(join(home, `${generation}.deb`), bytes);
    if (isRoot && user === 'a user') chownSync(home, nobody, nobody);
    chmodSync(home, 0o755);
    const commands = Object.entries(builds).map(
      ([out, options]) => `${asUser(user)}'${nodes.get(major)}' '${cli}' build ${options} --no-verify --quiet --out ${out} > /dev/null`,
    );
    await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home },
    });
    for (const out of Object.keys(builds)) {
      const name = readdirSync(join(home, out)).find((file) => file.endsWith('.deb')) ?? '';
      const sum = createHash('sha256')
        .update(readFileSync(join(home, out, name)))
        .digest('hex');
      digests.set([major, user, kind, out].join(', '), `${name} ${sum}`);
    }
  }

  test('they are these', () => {
    for (const [major, node] of nodes) expect(sh(`'${node}' --version`)).toMatch(new RegExp(`^v${major}\\.`));
    expect([...nodes.keys()].sort()).toEqual([...new Set(majors)].sort());
  });

  test(`on ${kindOf(places.disk)} and ${kindOf(places.memory)}, as ${users.join(' and as ')}, the packages are the same bytes`, () => {
    expect(kindOf(places.memory)).toBe('tmpfs');
    expect(digests.size).toBe(majors.length * users.length * 2 * Object.keys(builds).length);
    for (const out of Object.keys(builds)) {
      const all = [...digests].filter(([key]) => key.endsWith(`, ${out}`));
      const [[, reference] = ['', '']] = all;
      expect(all.filter(([, digest]) => digest !== reference)).toEqual([]);
    }
    // Five builds make four packages: the sample's is that of its package given by itself.
    expect(new Set(digests.values()).size).toBe(4);
  });

  test.each(['kernels', 'patches', 'releases', 'plan --sample', 'plan --sample nnt --kernel 6.1', '--help'])(
    'mft-patch %s says the same',
    (args) => {
      const said = majors.map((major) => sh(`'${nodes.get(major)}' '${cli}' ${args} 2>&1`));
      expect(said[0]).not.toBe('');
      expect(new Set(said).size).toBe(1);
    },
  );
});
