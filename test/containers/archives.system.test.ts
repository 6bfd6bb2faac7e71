/** Targets from further archives: an apt archive that this test serves on loopback, signed with a key of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keysIn } from '../../src/kernels/archive-key.js';
import { type FileServer, serveFiles } from '../file-server.js';
import { makeDirectory, missing, runCli, sh } from '../support.js';
import { imageOf, wrapper } from './own-docker.js';

const folder = makeDirectory();
const why = missing('docker') || missing('tools');
const release = '6.1.77-3-site';

describe.skipIf(why !== '')(`an archive of one's own (${why || 'docker is there'})`, () => {
  let env: NodeJS.ProcessEnv;
  let server: FileServer | undefined;
  let fingerprint = '';
  let base = '';
  const gpg = (args: string) => sh(`gpg --homedir ${folder}/gnupg --batch --quiet --pinentry-mode loopback --passphrase '' ${args}`);
  const newKey = (name: string) => {
    gpg(`--quick-generate-key ${name}@example.org ${name === 'other' ? 'ed25519' : 'rsa2048'} sign never`);
    gpg(`--export --armor ${name}@example.org > ${folder}/targets/${name}.asc`);
    return /^fpr:+([0-9A-F]+):/m.exec(gpg(`--with-colons --list-keys ${name}@example.org`))?.[1] ?? '';
  };

  beforeAll(async () => {
    for (const name of ['targets', 'gnupg', 'archive/dists/stable/main/binary-amd64'])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    fingerprint = newKey('site');
    newKey('other');
    gpg(`--export site@example.org other@example.org > ${folder}/targets/both.gpg`);
    makeArchive();
    server = await serveFiles(join(folder, 'archive'));
    // Debian 12 with dkms and without a kernel, which knows no archive: so nothing is taken from the network.
    base = 'mft-patch-test/without-kernel:1';
    const dockerfile = `FROM ${await imageOf('debian-12')}
RUN rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /lib/modules/* /etc/mft-patch-release
LABEL mft-patch.target= mft-patch.release=
`;
    sh(`docker build --network none --tag ${base} -`, { input: dockerfile });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    env = wrapper(join(folder, 'bin'), 'docker', '[ "$1" = build ] && set -- build --network host "${@:2}"');
  });
  afterAll(() => {
    server?.end();
    sh(
      `docker image ls --quiet --filter label=mft-patch.target=site | xargs --no-run-if-empty docker image rm --force; docker image rm --force ${base}`,
    );
    sh(`gpgconf --homedir ${folder}/gnupg --kill all`);
  });

  /** A package with the directory of a kernel, and the index of an archive around it, signed by the site's key. */
  function makeArchive(): void {
    const root = `${folder}/headers`;
    mkdirSync(`${root}/DEBIAN`, { recursive: true });
    mkdirSync(`${root}/lib/modules/${release}/build`, { recursive: true });
    writeFileSync(
      `${root}/DEBIAN/control`,
      'Package: site-headers-6.1\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: headers\n',
    );
    writeFileSync(`${root}/lib/modules/${release}/build/Makefile`, 'VERSION = 6\n');
    sh(`cd ${folder}/archive && dpkg-deb --root-owner-group -b ../headers . > /dev/null &&
      dpkg-scanpackages --multiversion . > dists/stable/main/binary-amd64/Packages 2> /dev/null &&
      apt-ftparchive -o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures=amd64 release dists/stable > Release &&
      mv Release dists/stable`);
    gpg(
      `--local-user site@example.org --clearsign --output ${folder}/archive/dists/stable/InRelease ${folder}/archive/dists/stable/Release`,
    );
  }

  function writeTarget(changes: object, name = 'site'): void {
    const archive = { uri: server?.url, suite: 'stable', components: ['main'], key: 'site.asc', fingerprint, ...changes };
    const target = {
      ...{ title: 'A site', kernel: '6.1', releases: '-site$', image: base, suites: ['bookworm'], archives: [archive] },
      ...{ headers: 'site-headers-6.1', tried: [], untried: 'a test' },
    };
    writeFileSync(join(folder, 'targets', `${name}.json`), JSON.stringify(target, null, 2));
  }
  async function build(kernel = 'site') {
    const args = ['image', 'build', kernel, '--kernels-dir', 'targets', '--engine', 'docker', '--cache-dir', 'cache', '--json'];
    const { status, stdout, stderr } = await runCli(args, { cwd: folder, env });
    return { status, stderr, document: JSON.parse(stdout) };
  }

  test.each(['site.asc', 'both.gpg'])('brings its headers, with the key in %s and no other', async (key) => {
    writeTarget({ key });
    const { status, stderr, document } = await build(release);
    expect(status, stderr).toBe(0);
    expect(document.images).toMatchObject([{ target: 'site', release }]);
    const trusted = sh(
      `docker run --rm --network none ${document.images[0].image} sh -c 'cat /usr/share/keyrings/target-*.gpg | base64 -w 0'`,
    );
    expect(keysIn(Buffer.from(trusted, 'base64'))?.map((one) => one.fingerprint)).toEqual([fingerprint]);
    sh(`docker image rm --force ${document.images[0].image}`);
  });

  test('is not asked with a key of another fingerprint, and no image is made', async () => {
    writeTarget({ key: 'other.asc' });
    expect(await build()).toMatchObject({
      status: 2,
      document: {
        code: 'bad-catalogue',
        file: 'targets/site.json',
        detail: expect.stringMatching(`^other.asc holds the key [0-9A-F]{40}, expected ${fingerprint}$`),
      },
    });
    writeTarget({ key: 'gone.asc' });
    expect(await build()).toMatchObject({ status: 3, document: { code: 'no-input', path: 'targets/gone.asc' } });
    writeTarget({ key: 'site.json' });
    expect(await build()).toMatchObject({ status: 2, document: { detail: expect.stringContaining('not a file of OpenPGP public keys') } });
  });

  test('that another key has signed is refused by apt, in its words', async () => {
    const other = keysIn(readFileSync(join(folder, 'targets/other.asc')))?.[0]?.fingerprint;
    writeTarget({ key: 'other.asc', fingerprint: other });
    expect(await build()).toMatchObject({ status: 5, document: { message: expect.stringMatching(/NO_PUBKEY|not signed/) } });
  });

  test('that lacks the package, too', async () => {
    writeTarget({});
    const path = join(folder, 'targets/site.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('site-headers-6.1', 'site-headers-6.9'));
    expect(await build()).toMatchObject({
      status: 5,
      document: { message: expect.stringContaining('Unable to locate package site-headers-6.9') },
    });
  });
});
