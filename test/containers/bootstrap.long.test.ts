/** Images on bases that mmdebstrap makes from another archive: made once, named by what they are made from, removed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, runCli, sh } from '../support.js';
import { common, image } from './image-command.js';
import { imageOf, missingOwnDocker, OwnDocker, wrapper } from './own-docker.js';

const folder = makeDirectory();

describe.skipIf(missingOwnDocker() !== '')(`with a daemon of our own (${missingOwnDocker() || 'it is there'})`, () => {
  let own: OwnDocker;
  let env: NodeJS.ProcessEnv;
  /** The archive that the distribution's image knows, as it stands there. */
  let url = '';
  let own12: string[] = [];
  const log = join(folder, 'mmdebstrap.calls');
  const calls = () => readFileSync(log, 'utf8').trim().split('\n');
  const names = () =>
    own
      .docker("image ls --format '{{.Repository}}:{{.Tag}}' mft-patch/*")
      .split('\n')
      .filter((name) => name !== '');

  beforeAll(async () => {
    own = new OwnDocker(join(folder, 'own'), '3g');
    const [tag] = await Promise.all([imageOf('debian-12'), own.start()]);
    const known = sh(
      `docker run --rm --network none ${tag} sh -c 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null || true'`,
    );
    url = /https?:\/\/[^ \n]+/.exec(known)?.[0] ?? '';
    own12 = ['--bootstrap', '--apt-mirror', url];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    const online = wrapper(join(folder, 'bin'), 'docker', '[ "$1" = build ] && set -- build --network host "${@:2}"', own.env);
    env = wrapper(join(folder, 'bin2'), 'mmdebstrap', `echo "$*" >> ${log}`, online);
  });
  afterAll(() => own.end());

  test('--bootstrap makes a base once for two cells that want the same at the same time', async () => {
    const noBuild = wrapper(join(folder, 'bin3'), 'docker', 'if [ "$1" = build ]; then echo "not today" >&2; exit 1; fi', env);
    const args = ['--sample', '--kernels', 'debian-12,debian-12-backports', '--jobs', '2', ...own12, '--out', join(folder, 'base')];
    const { status, stdout } = await runCli(['matrix', ...args, ...common], { env: noBuild });
    expect(status).toBe(5);
    for (const { target, patched } of JSON.parse(stdout).cells) expect(patched.reason).toContain(`build the image of ${target}: not today`);
    expect(calls()).toEqual([expect.stringMatching(` bookworm .*${url}`)]);
    expect(names()).toEqual([expect.stringMatching(/^mft-patch\/base:bookworm-[0-9a-f]{12}$/)]);
  });

  test('an image on that base takes all from the archive; it is listed, and removed by its name', async () => {
    const { status, stderr, images } = await image(['build', 'debian-12', ...own12], env);
    expect(status, stderr).toBe(0);
    expect(images).toMatchObject([{ target: 'debian-12', release: expect.stringMatching(/^6\.1\./) }]);
    expect(calls()).toHaveLength(1);
    const [made] = images.map(({ image }) => image);
    expect(own.docker(`run --rm --network none ${made} cat /etc/apt/sources.list`)).toMatch(new RegExp(`^deb \\S+ ${url} bookworm main$`));

    const [base] = names().filter((name) => name !== made);
    own.docker(`tag ${base} mft-patch/other:1`);
    const told = async (...args: string[]) => (await image(args, env)).images.map(({ image }) => image);
    expect(await told('ls')).toEqual([base, made, 'mft-patch/other:1']);
    expect(await told('rm', 'debian-12')).toEqual([made]);
    expect(await told('rm', 'mft-patch/other:1')).toEqual(['mft-patch/other:1']);
    expect(await told('rm', 'all')).toEqual([base]);
    expect(names()).toEqual([]);
  });

  test('the name changes with whatever an image is made from', async () => {
    const nameOf = async (...options: string[]) =>
      /transfer it with mft-patch image save and load: (\S+)/.exec(
        (await image(['build', 'debian-12', '--offline', ...options], env)).stderr,
      )?.[1];
    const all = await Promise.all([nameOf(), nameOf('--bootstrap'), nameOf('--apt-mirror', url), nameOf('--apt-mirror', `${url}x`)]);
    expect(new Set(all).size).toBe(4);
    expect(all.every((name) => /^mft-patch\/debian-12:[0-9a-f]{12}$/.test(name ?? ''))).toBe(true);
    expect(await nameOf()).toBe(all[0]);
  });
});
