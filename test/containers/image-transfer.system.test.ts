/** Images on their way between engines: by an archive, and by a registry on loopback. */
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { makeDirectory, missing, runCli, sample, sh } from '../support.js';
import { LoopbackRegistry, missingRegistry } from './loopback-registry.js';
import { imageOf, missingOwnDocker, OwnDocker, wrapper } from './own-docker.js';

const folder = makeDirectory();
/** Podman takes 50 characters at most. */
const storageOf = mkdtempSync('/tmp/p-');
const common = ['--cache-dir', join(folder, 'cache'), '--json'];
const why = missingOwnDocker() || missing('podman') || missingRegistry();

// biome-ignore lint/suspicious/noExplicitAny: a document is what the test says that it is
async function run(args: string[], env: NodeJS.ProcessEnv): Promise<{ status: number | null; stderr: string; document: any }> {
  const { status, stdout, stderr } = await runCli([...args, ...common], { env, cwd: folder });
  return { status, stderr, document: JSON.parse(stdout) };
}
const imagesIn = (document: { images: { image: string }[] }) => document.images.map(({ image }) => image);

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe.skipIf(why !== '')(`images move (${why || 'all engines are there'})`, () => {
  let own: OwnDocker;
  let registry: LoopbackRegistry;
  let podman: NodeJS.ProcessEnv;
  /** The real image of debian-12, in the daemon that all share. */
  let real = '';
  const idIn = (image: string, env: NodeJS.ProcessEnv, engine = 'docker') =>
    sh(`${engine} image inspect --format '{{.Id}}' ${image}`, { env }).trim().replace('sha256:', '');
  const layersOf = (image: string): string[] => JSON.parse(sh(`docker image inspect ${image}`))[0].RootFS.Layers;

  beforeAll(async () => {
    own = new OwnDocker(join(folder, 'own'), '4g');
    registry = new LoopbackRegistry(join(folder, 'registry'), await freePort());
    [real] = await Promise.all([imageOf('debian-12'), own.start(), registry.start()]);
    writeFileSync(join(folder, 'registries.conf'), `[[registry]]\nlocation = "${registry.place}"\ninsecure = true\n`);
    // An engine without images: the one that all tests share has some of these names.
    const settings = {
      ...process.env,
      CONTAINERS_CONF: join(inject('folder'), 'containers.conf'),
      CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    };
    const storage = `set -- --root ${storageOf}/root --runroot ${storageOf}/run "$@"`;
    podman = wrapper(join(folder, 'bin'), 'podman', storage, settings);
  });
  afterAll(async () => {
    await Promise.all([own.end(), registry.end()]);
    sh(
      `podman image rm --all --force > /dev/null 2>&1 || true; umount --recursive --lazy ${storageOf}/root/overlay 2> /dev/null || true; rm -rf ${storageOf}`,
      { env: podman },
    );
  });

  describe('a real image in an archive', () => {
    const archive = join(folder, 'there/kernels.tar');

    test('is saved with its base, and the document says how large it is', async () => {
      const { status, stderr, document } = await run(['image', 'save', archive, 'debian-12', '--engine', 'docker'], process.env);
      expect(status, stderr).toBe(0);
      expect(imagesIn(document)).toContain(real);
      // What has been made again since is another one, and does not go along; that of another architecture does, with its images.
      const bases = sh("docker image ls --format '{{.Repository}}:{{.Tag}}' mft-patch/base").trim().split('\n');
      const upper = imagesIn(document).filter((name) => !bases.includes(name));
      const isBelow = (base: string) => upper.some((image) => layersOf(image)[0] === layersOf(base).join());
      expect(
        imagesIn(document)
          .filter((name) => bases.includes(name))
          .sort(),
      ).toEqual(bases.filter(isBelow).sort());
      expect(document.file).toEqual({
        path: archive,
        bytes: statSync(archive).size,
        sha256: sh(`sha256sum ${archive}`).slice(0, 64),
      });
      // Each layer once.
      const names = sh(`tar -tf ${archive}`).split('\n');
      expect(new Set(names).size).toBe(names.length);
    });

    test('has the same id in another docker, which verifies with it without a network', async () => {
      const { status, stderr, document } = await run(['image', 'load', archive, '--engine', 'docker'], own.env);
      expect(status, stderr).toBe(0);
      expect(imagesIn(document)).toContain(real);
      expect(idIn(real, own.env)).toBe(idIn(real, process.env));
      const { deb } = await sample();
      writeFileSync(join(folder, 'vendor.deb'), deb);
      const verified = await run(['verify', 'vendor.deb', '--kernel', 'debian-12', '--offline', '--engine', 'docker'], own.env);
      // The vendor's package, which breaks on 6.1: that verdict needs the whole image.
      expect(verified).toMatchObject({ status: 1, document: { kernels: [{ status: 'fails', failedStep: 'builds' }] } });
    });

    test('and in podman, under the name by which it is found', async () => {
      const { status, stderr, document } = await run(['image', 'load', archive, '--engine', 'podman'], podman);
      expect(status, stderr).toBe(0);
      expect(imagesIn(document)).toContain(real);
      expect(idIn(real, podman, 'podman')).toBe(idIn(real, process.env));
      expect(await run(['image', 'build', 'debian-12', '--offline', '--engine', 'podman'], podman)).toMatchObject({
        status: 0,
        stderr: '',
      });
      // Twice is as once.
      expect(await run(['image', 'load', archive, '--engine', 'podman'], podman)).toMatchObject({ status: 0 });
      expect(imagesIn((await run(['image', 'ls', '--engine', 'podman'], podman)).document).filter((name) => name === real)).toHaveLength(1);
    });

    test('goes from podman to docker, too', async () => {
      const back = join(folder, 'back.tar');
      const saved = await run(['image', 'save', back, 'debian-12', '--engine', 'podman'], podman);
      expect(saved, saved.stderr).toMatchObject({ status: 0 });
      own.docker(`image rm --force ${real} 2> /dev/null || true`);
      const { document } = await run(['image', 'load', back, '--engine', 'docker'], own.env);
      expect(imagesIn(document)).toContain(real);
      expect(idIn(real, own.env)).toBe(idIn(real, process.env));
    });
  });

  describe('small stand-ins of images', () => {
    /** Makes an image of a target's name that holds no kernel. */
    const make = (name: string, created: string, text = created) => {
      const target = name.replace(/^.*\//, '').replace(/:.*/, '');
      own.docker(`image inspect stand-in:base > /dev/null 2>&1 || tar -C ${folder} -c registries.conf | docker import - stand-in:base`);
      const labels = `LABEL mft-patch.target=${target} mft-patch.release=6.12.1-amd64 mft-patch.created=${created}`;
      sh(`docker build --quiet --tag ${name} -`, { env: own.env, input: `FROM stand-in:base\nENV TEXT="${text}"\n${labels}\n` });
      return idIn(name, own.env);
    };
    let thirteen = '';

    beforeAll(async () => {
      const { stderr } = await run(['image', 'build', 'debian-13', '--offline', '--engine', 'docker'], own.env);
      thirteen = /image save and load: (\S+)/.exec(stderr)?.[1] ?? '';
    });
    beforeEach(() => {
      sh('docker image ls --quiet --filter label=mft-patch.target=debian-13 | xargs --no-run-if-empty docker image rm --force', {
        env: own.env,
      });
    });

    test.each(['docker', 'podman'])('go to a registry and come from it with the same id (%s)', async (engine) => {
      const id = make(thirteen, '2026-11-20T00:00:00Z');
      const pushed = await run(['image', 'push', registry.place, 'debian-13', '--engine', 'docker'], own.env);
      expect(pushed, pushed.stderr).toMatchObject({ status: 0, document: { registry: registry.place, images: [{ image: thirteen }] } });
      expect(await registry.names()).toEqual([`${thirteen}-amd64`]);
      own.docker(`image rm ${thirteen}`);
      const env = engine === 'docker' ? own.env : podman;
      const pulled = await run(['image', 'pull', registry.place, 'debian-13', '--engine', engine], env);
      expect(pulled, pulled.stderr).toMatchObject({ status: 0, document: { images: [{ image: thirteen, release: '6.12.1-amd64' }] } });
      expect(idIn(thirteen, env, engine)).toBe(id);
      // The name in the registry is not left behind.
      expect(sh(`${engine} image ls --format '{{.Repository}}'`, { env })).not.toContain(registry.place);
    });

    test('of two the one with newer packages stays', async () => {
      make(thirteen, '2026-11-20T00:00:00Z');
      await run(['image', 'push', registry.place, 'debian-13', '--engine', 'docker'], own.env);
      const newer = make(thirteen, '2026-11-22T00:00:00Z');
      expect(await run(['image', 'pull', registry.place, 'debian-13', '--engine', 'docker'], own.env)).toMatchObject({ status: 0 });
      expect(idIn(thirteen, own.env)).toBe(newer);
      own.docker(`image rm ${thirteen}`);
      const older = make(thirteen, '2026-11-18T00:00:00Z');
      await run(['image', 'pull', registry.place, 'debian-13', '--engine', 'docker'], own.env);
      expect(idIn(thirteen, own.env)).not.toBe(older);
      expect(own.docker('image ls --quiet --filter dangling=true')).toBe('');
    });

    test('what a registry lacks is named when the rest is pulled', async () => {
      make(thirteen, '2026-11-20T00:00:00Z');
      await run(['image', 'push', registry.place, 'debian-13', '--engine', 'docker'], own.env);
      own.docker(`image rm ${thirteen}`);
      const { status, document } = await run(['image', 'pull', registry.place, 'debian-11', 'debian-13', '--engine', 'docker'], own.env);
      expect({ status, document }).toMatchObject({
        status: 5,
        document: { code: 'engine-failed', hint: expect.stringContaining('image build debian-11') },
      });
      expect(document.message).toContain('has no image of debian-11');
      expect(own.docker(`image ls --quiet ${thirteen}`)).not.toBe('');
    });

    test('an image of another kind under the name is refused', async () => {
      make('mft-patch/debian-11:x', '2026-11-20T00:00:00Z');
      own.docker(`tag mft-patch/debian-11:x ${registry.place}/${thirteen}-amd64`);
      own.docker(`push ${registry.place}/${thirteen}-amd64`);
      const { status, document } = await run(['image', 'pull', registry.place, 'debian-13', '--engine', 'docker'], own.env);
      expect({ status, document }).toMatchObject({
        status: 5,
        document: { message: expect.stringContaining('is not an image that mft-patch made of debian-13') },
      });
      expect(own.docker(`image ls --quiet ${thirteen}`)).toBe('');
    });

    test('an archive with another image says so, and an older one replaces nothing', async () => {
      make(thirteen, '2026-11-18T00:00:00Z');
      sh('docker build --quiet --tag strange:1 -', { env: own.env, input: 'FROM stand-in:base\nENV A=b\n' });
      own.docker(`save --output ${folder}/mixed.tar ${thirteen} strange:1`);
      own.docker(`image rm ${thirteen}`);
      const newer = make(thirteen, '2026-11-22T00:00:00Z');
      const { status, stderr, document } = await run(['image', 'load', 'mixed.tar', '--engine', 'docker'], own.env);
      expect({ status, images: imagesIn(document).sort() }).toEqual({ status: 0, images: [thirteen, 'strange:1'].sort() });
      expect(stderr).toContain(`warning: ${thirteen} is here already with newer packages`);
      expect(stderr).toContain('also held strange:1, which is not an image of mft-patch');
      expect(idIn(thirteen, own.env)).toBe(newer);
    });

    test('prune removes what this version cannot use, and tells the sizes before and after', async () => {
      const small = 'mft-patch/debian-13:000000000000';
      const kept = [thirteen, 'mft-patch/kernel:000000000000'];
      for (const name of [...kept, small, `${thirteen}-draft-1`, 'mft-patch/debian-13-boot:000000000000'])
        make(name, '2026-11-20T00:00:00Z', name);
      own.docker(`create --name user ${small} sh`);
      make(small, '2026-11-21T00:00:00Z', 'a newer one');
      const prune = async (...args: string[]) => (await run(['image', 'prune', ...args, '--engine', 'docker'], own.env)).document;
      // All of it was made just now.
      expect(await prune()).toMatchObject({ images: [] });
      const dry = await prune('--older-than', '0', '--dry-run');
      expect(dry).toMatchObject({ dryRun: true, bytes: { before: expect.any(Number) } });
      const { stderr, document } = await run(['image', 'prune', '--older-than', '0', '--engine', 'docker'], own.env);
      // Other tests leave images of other targets here.
      const removed = imagesIn(document).filter((name) => name.startsWith('mft-patch/debian-13'));
      expect(removed.sort()).toEqual([small, `${thirteen}-draft-1`, 'mft-patch/debian-13-boot:000000000000'].sort());
      expect(document.kept.map(({ image }: { image: string }) => image)).toEqual(expect.arrayContaining(kept));
      // The one that a container uses has lost its name.
      expect(stderr).toMatch(/warning: [0-9a-f]{12} is in use; it stays/);
      expect(document.bytes.before).toBeGreaterThanOrEqual(document.bytes.after);
      own.docker('rm user');
      expect(imagesIn(await prune('--older-than', '0'))).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/)]);
    });

    test('what is no archive, a missing one, and an output that is an input', async () => {
      writeFileSync(join(folder, 'text.tar'), 'no archive');
      const load = (path: string) => run(['image', 'load', path, '--engine', 'docker'], own.env);
      expect(await load('text.tar')).toMatchObject({ status: 5, document: { message: expect.stringContaining('cannot load text.tar') } });
      expect(await load('gone.tar')).toMatchObject({ status: 3, document: { code: 'no-input', path: 'gone.tar' } });
      make(thirteen, '2026-11-20T00:00:00Z');
      const save = await run(['image', 'save', 'new.tar', 'debian-11', '--engine', 'docker'], own.env);
      expect(save).toMatchObject({ status: 2, document: { message: expect.stringContaining("no image for 'debian-11'") } });
      expect(existsSync(join(folder, 'new.tar'))).toBe(false);
    });
  });
});
