/** What becomes of images that are old. The engine is a stand-in that notes what it is asked for: no real image is days old. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { toolchain } from '../../src/containers/base-image.js';
import { makeDirectory, projectRoot, runCli, sample, testContext, writeFiles } from '../support.js';

const folder = makeDirectory();
const state = (name: string) => join(folder, 'state', name);

/** It has every image, all as old as `created` says, until one is built or imported; it installs nothing. */
const standIn = `#!/bin/bash
echo "$*" >> "$STATE/calls"
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
facts() {
	echo '[{"Id":"sha256:'"$1"'","Created":"'"$2"'","RepoTags":["x"],"RootFS":{"Layers":["sha256:a"]},'
	echo '"Config":{"Labels":{"mft-patch.target":"x","mft-patch.release":"7.2.1-amd64","mft-patch.created":"'"$2"'"}}}]'
}
case "$1 $2" in
	version*) echo 20.10.24 amd64 ;;
	'image inspect')
		case $3 in
			debian:*) exit 1 ;;
			mft-patch/base:*) facts base "$(cat "$STATE/base")" ;;
			*) facts image "$(cat "$STATE/image")" ;;
		esac ;;
	pull*) echo "no such host" >&2; exit 1 ;;
	import*) now > "$STATE/base" ;;
	build*) dockerfile=$(cat); created=\${dockerfile##*mft-patch.created=}; [ "$created" = "$dockerfile" ] || echo "$created" > "$STATE/image" ;;
	run*) case "$*" in *mft-patch-release*) echo 7.2.1-amd64 ;; *) echo "no containers today" >&2; exit 125 ;; esac ;;
esac
`;

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STATE: join(folder, 'state') };

beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  writeFiles(folder, {
    'bin/docker': standIn,
    'bin/mmdebstrap': '#!/bin/sh\necho "mmdebstrap $*" >> "$STATE/calls"\n',
    'state/calls': '',
    'state/image': daysAgo(3),
    'state/base': daysAgo(3),
    'vendor.deb': (await sample()).deb,
  });
  for (const program of ['docker', 'mmdebstrap']) chmodSync(join(folder, 'bin', program), 0o755);
});

async function run(...args: string[]) {
  const cache = ['--cache-dir', join(folder, 'cache')];
  const { status, stdout, stderr } = await runCli([...args, ...cache], { cwd: folder, env });
  const calls = readFileSync(state('calls'), 'utf8').trim().split('\n');
  const count = (form: RegExp) => calls.filter((call) => form.test(call)).length;
  const warnings = stderr.split('\n').filter((line) => line.startsWith('warning: the image'));
  return { status, warnings, stdout, stderr, built: count(/^build --no-cache/), bases: count(/^mmdebstrap/), calls };
}
const warning = 'warning: the image of debian-sid is 3 d old; run mft-patch image build debian-sid --refresh';

describe('an image of a rolling suite that is three days old', () => {
  const matrix = ['matrix', '--sample', '--kernel', 'debian-sid', '--out', 'out'];

  test('is made anew by matrix, and its base', async () => {
    expect(await run(...matrix)).toMatchObject({ built: 1, bases: 1, warnings: [] });
    // Now it is new.
    expect(await run(...matrix)).toMatchObject({ built: 1, bases: 1, warnings: [] });
  });

  test('counts as old as its base', async () => {
    writeFileSync(state('image'), daysAgo(0.1));
    expect(await run(...matrix)).toMatchObject({ built: 0, bases: 0 });
    // A base that is within the limit is taken, and the image is not newer than that.
    writeFileSync(state('image'), daysAgo(9));
    writeFileSync(state('base'), daysAgo(0.5));
    expect(await run(...matrix)).toMatchObject({ built: 1, bases: 0 });
    expect(Date.now() - Date.parse(readFileSync(state('image'), 'utf8').trim())).toBeGreaterThan(11 * 3_600_000);
  });

  test.each([
    ['2d', 1],
    ['80h', 0],
    ['0', 0],
  ])('with --max-image-age %s it is made anew %i times, without a warning', async (age, built) => {
    expect(await run(...matrix, '--max-image-age', age)).toMatchObject({ built, warnings: [] });
  });

  test('brings a warning from matrix --offline, and is used', async () => {
    const offline = 'warning: the image of debian-sid is 3 d old, and --offline is set; run mft-patch image build debian-sid --refresh';
    expect(await run(...matrix, '--offline')).toMatchObject({ built: 0, bases: 0, warnings: [offline] });
  });

  test.each([
    ['verify', ['vendor.deb', '--kernel', 'debian-sid']],
    ['build', ['--sample', '--kernel', 'debian-sid', '--out', 'out']],
    ['image', ['build', 'debian-sid']],
  ])('brings a warning with the command to type from %s', async (command, args) => {
    const { built, bases, warnings } = await run(command, ...args);
    // After the container that cannot be run, build goes on to the nearest target.
    expect({ built, bases, first: warnings[0] }).toEqual({ built: 0, bases: 0, first: warning });
  });

  test('the command to type names the image that is meant', async () => {
    const { warnings } = await run(
      'image',
      'build',
      'debian-sid',
      '--engine',
      'docker',
      '--bootstrap',
      '--apt-mirror',
      'http://a.example/b',
    );
    expect(warnings).toEqual([`${warning} --engine docker --bootstrap --apt-mirror http://a.example/b`]);
  });
});

test('an image of a suite that stays may be old', async () => {
  expect(await run('matrix', '--sample', '--kernel', 'debian-13', '--out', 'out')).toMatchObject({ built: 0, bases: 0, warnings: [] });
});

test('image build --refresh makes image and base anew, past the cache, each base once', async () => {
  expect(await run('image', 'build', 'debian-13', 'debian-13-backports', '--refresh')).toMatchObject({ status: 0, built: 2, bases: 1 });
});

describe('image refresh', () => {
  test('makes what is older than a day anew, whatever its suite, and tells what it replaced', async () => {
    const { status, built, bases, stdout } = await run('image', 'refresh', 'debian-13', 'debian-13-backports', '--json');
    expect({ status, built, bases }).toEqual({ status: 0, built: 2, bases: 1 });
    const { images, kept, bytes } = JSON.parse(stdout);
    expect(images).toHaveLength(2);
    expect(images[0].replaced).toMatchObject({ release: '7.2.1-amd64', created: expect.stringMatching(/^\d{4}-/) });
    expect({ kept, bytes }).toEqual({ kept: [], bytes: { before: 0, after: 0 } });
  });

  test.each([
    ['4d', 0],
    ['2d', 1],
    ['0', 1],
  ])('with --max-image-age %s of one that is three days old', async (age, built) => {
    expect(await run('image', 'refresh', 'debian-13', '--max-image-age', age)).toMatchObject({ status: 0, built, bases: built });
  });

  test('without a kernel is of all that are here, but for a snapshot, which does not age', async () => {
    const all = (await loadTargets(testContext())).filter(({ snapshot, image }) => snapshot === '' && image.startsWith('debian'));
    const { calls } = await run('image', 'refresh');
    const suites = new Set(all.map(({ suites }) => suites[0]));
    expect(calls.filter((call) => /^mmdebstrap/.test(call) && !call.includes('ubuntu'))).toHaveLength(suites.size);
    expect(calls.filter((call) => call.includes('20220702T000000Z'))).toEqual([]);
  });

  test('goes on after one that fails, and then exits 5', async () => {
    writeFileSync(join(folder, 'bin/mmdebstrap'), '#!/bin/sh\ncase "$*" in *trixie*) echo "E: not today" >&2; exit 1 ;; esac\n');
    const { status, stderr, built } = await run('image', 'refresh', 'debian-13', 'debian-12');
    expect({ status, built }).toEqual({ status: 5, built: 1 });
    expect(stderr).toContain('warning: the image of debian-13 stays as it is: ');
  });

  test('with --offline is a wrong call', async () => {
    expect(await run('image', 'refresh', '--offline')).toMatchObject({ status: 2, built: 0 });
  });
});

test('a refresh that fails leaves the image as it was', async () => {
  writeFileSync(join(folder, 'bin/mmdebstrap'), '#!/bin/sh\necho "E: not today" >&2; exit 1\n');
  const { status, stderr, calls } = await run('image', 'build', 'debian-13', '--refresh');
  expect({ status, stderr }).toMatchObject({ status: 5, stderr: expect.stringContaining('E: not today') });
  expect(calls.filter((call) => /^(image rm|tag|import)/.test(call))).toEqual([]);
});

describe("mmdebstrap's arguments", () => {
  test('have what the Dockerfile installs beside headers', () => {
    const text = readFileSync(join(projectRoot, 'Dockerfile'), 'utf8');
    expect(text).toContain(`apt-get install -y --no-install-recommends ${toolchain.join(' ')} $packages;`);
  });

  test.each([
    ['debian-13', '--variant=minbase --dpkgopt=force-unsafe-io --include=dkms,gcc,make,kmod,patch,perl trixie TAR'],
    [
      'debian-sid',
      '--variant=minbase --dpkgopt=force-unsafe-io --include=dkms,gcc,make,kmod,patch,perl --aptopt=Acquire::Check-Valid-Until "false" sid TAR http://a.example/b',
      '--apt-mirror',
      'http://a.example/b',
    ],
  ])('for %s', async (target, expected, ...options) => {
    const { calls } = await run('image', 'build', target, '--refresh', '--bootstrap', ...options);
    expect(calls.find((call) => call.startsWith('mmdebstrap'))?.replace(/\S+base\.tar/, 'TAR')).toBe(`mmdebstrap ${expected}`);
  });

  test('for Ubuntu: apt, universe, and its keys; where they are missing the package with them is named', async () => {
    const { status, stderr, calls } = await run('image', 'build', 'ubuntu-24.04', '--refresh', '--bootstrap');
    const call = calls.find((line) => line.startsWith('mmdebstrap'));
    const keyring = '/usr/share/keyrings/ubuntu-archive-keyring.gpg';
    if (call === undefined) {
      expect({ status, stderr }).toMatchObject({ status: 5, stderr: expect.stringContaining(`mmdebstrap needs ${keyring}`) });
      expect(stderr).toContain('apt install ubuntu-keyring');
    } else {
      const options = `--include=apt,${toolchain.join()} --components=main,universe --keyring=${keyring}`;
      expect(call).toMatch(new RegExp(`^mmdebstrap --variant=minbase --dpkgopt=force-unsafe-io ${options} noble \\S+/base\\.tar$`));
    }
  });
});
