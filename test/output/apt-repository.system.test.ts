/** What `repo` makes, judged by the apt of each target: containers that know nothing but its line of sources.list. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cli } from '../cli.js';
import { imageOf } from '../containers/own-docker.js';
import { type FileServer, serveFiles } from '../file-server.js';
import { makeDirectory, missing, sh } from '../support.js';

const folder = makeDirectory();
const home = join(folder, 'gpg');
const env = { ...process.env, GNUPGHOME: home };
const key = 'test@example.org';
const [one, two] = [join(folder, 'one'), join(folder, 'two')];
const build = async (out: string, ...args: string[]): Promise<string> =>
  (await cli(['build', '--sample', '--no-verify', '--quiet', '--out', out, ...args]).prints({})).artifacts[0].path;
const versionOf = (deb: string) => sh(`dpkg-deb -f ${deb} Version`).trim();
/** Of the package for one kernel, and of the one for all, which is above it. */
let versions: [string, string];

beforeAll(async () => {
  if (missing('docker') !== '') return;
  mkdirSync(home, { mode: 0o700 });
  sh(`gpg --batch --quiet --passphrase '' --quick-gen-key 'A test <${key}>' ed25519 sign never`, { env });
  const older = versionOf(await build(one, '--kernel', '6.1'));
  await cli(['repo', one, '--gpg-key', key], { env }).prints({
    schema: 'mft-patch/repo@1',
    signedBy: expect.stringMatching(/^[0-9A-F]{40}$/),
  });
  cpSync(one, two, { recursive: true });
  versions = [older, versionOf(await build(two))];
  await cli(['repo', two, '--gpg-key', key], { env }).prints({ packages: [{ version: versions[0] }, { version: versions[1] }] });
  sh(`gpg --armor --export ${key} > key.asc`, { env, cwd: folder });
});
afterAll(() => {
  if (missing('docker') === '') sh(`gpgconf --homedir ${home} --kill all`);
});

/** Runs commands in a container of a target that knows the archive as `one` has it, at /srv/apt. @returns what they print */
async function inContainer(target: string, commands: string, { url = 'file:/srv/apt', network = 'none' } = {}): Promise<string> {
  const script = `set -eu; tar -x -C /srv; exec 2>&1; cp -a /srv/one /srv/apt
    rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*; mkdir -p /etc/apt/keyrings; cp /srv/key.asc /etc/apt/keyrings/mft-patch.asc
    echo 'deb [signed-by=/etc/apt/keyrings/mft-patch.asc] ${url} ./' > /etc/apt/sources.list.d/mft-patch.list
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8; ${commands}`;
  writeFileSync(join(folder, 'script'), script);
  const image = await imageOf(target);
  return sh(`tar -C ${folder} -c one two key.asc | docker run --rm -i --network ${network} ${image} sh -c "$(cat script)"`, {
    cwd: folder,
  });
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own format
const version = "dpkg-query -W -f '@${Version}\\n' kernel-mft-dkms";
const candidate = "apt-cache policy kernel-mft-dkms | sed -n 's/ *Candidate: /@/p'";
/** An update that must fail, though apt only warns where an old index is left. */
const refused = (spoil: string) =>
  `rm -rf /srv/apt /var/lib/apt/lists/*; cp -a /srv/two /srv/apt; (cd /srv/apt; ${spoil}); if apt-get update > log; then echo '@taken'; else echo '@refused'; fi; cat log`;
const told = (output: string) => [...output.matchAll(/^@(.*)$/gm)].map(([, word]) => word);

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test('apt installs from it, and upgrades when a newer package is there', async () => {
    const output = await inContainer(
      'debian-12',
      `apt-get update; apt-get install -y kernel-mft-dkms; ${version}; cp -a /srv/two/. /srv/apt/
      apt-get update; apt-get upgrade -y; ${version}; dkms status kernel-mft-dkms; apt-get check`,
    );
    expect(told(output), output).toEqual(versions);
    expect(output).toMatch(/^kernel-mft-dkms\/4\.15\.1, 6\.1\S*, \S+: installed$/m);
    expect(output).not.toMatch(/^(W|N|E): /m);
  });

  test.each(['debian-11', 'debian-13'])('the apt of %s takes the newer one, without a warning', async (target) => {
    const output = await inContainer(
      target,
      `apt-get update; ${candidate}; cp -a /srv/two/. /srv/apt/; apt-get update; ${candidate}; cd /tmp; apt-get download kernel-mft-dkms
      cmp *.deb /srv/two/*universal*.deb; echo '@same'`,
    );
    expect(told(output), output).toEqual([...versions, 'same']);
    expect(output).not.toMatch(/^(W|N|E): /m);
  });

  test.each([
    [
      'a list that was changed',
      "gunzip -c Packages.gz | sed 's/^Version: .*/&x/' | tee Packages | gzip > Packages.gz; cp Packages.gz by-hash/SHA256/$(sed -n 's/^ \\([0-9a-f]*\\) .* Packages.gz$/\\1/p' Release); cp Packages by-hash/SHA256/$(sed -n 's/^ \\([0-9a-f]*\\) .* Packages$/\\1/p' Release)",
      /Hash Sum mismatch|unexpected size/,
    ],
    ['a date that was changed', "sed -i 's/^Date: .*/Date: Thu, 01 Jan 2026 00:00:00 UTC/' InRelease", /BADSIG|[Ss]ignature/],
    ['an index that nobody signed', 'rm InRelease Release.gpg', /is not signed/],
    [
      'an InRelease without its signature',
      "sed -i '/^-----BEGIN PGP SIGNATURE/,$d' InRelease; rm Release.gpg; cp Release InRelease",
      /not signed|NOSPLIT|NODATA|[Cc]learsigned/,
    ],
  ])('apt refuses %s', async (_, spoil, words) => {
    const output = await inContainer('debian-12', refused(spoil));
    expect(told(output), output).toEqual(['refused']);
    expect(output).toMatch(words);
  });

  test('apt refuses a package that was changed', async () => {
    const output = await inContainer(
      'debian-12',
      "apt-get update; for deb in /srv/apt/*.deb; do printf x | dd of=$deb bs=1 seek=100 conv=notrunc status=none; done; apt-get install -y kernel-mft-dkms && echo '@installed' || echo '@refused'",
    );
    expect(told(output), output).toEqual(['refused']);
    expect(output).toMatch(/Hash Sum mismatch|does not match/);
  });

  describe('over http', () => {
    let server: FileServer;
    beforeAll(async () => {
      server = await serveFiles(two);
    });
    afterAll(() => server.end());

    test('apt asks for a list by its digest', async () => {
      const commands = `apt-get update; cd /tmp; apt-get download kernel-mft-dkms; cmp *.deb /srv/two/*universal*.deb; echo @same`;
      const output = await inContainer('debian-13', commands, { url: server.url, network: 'host' });
      expect(told(output), output).toEqual(['same']);
      // The server's process has said it by now, and this one reads it.
      await vi.waitFor(() => expect(server.asked).toContainEqual(expect.stringMatching(/^\/\.\/by-hash\/SHA256\/[0-9a-f]{64}$/)));
      expect(server.asked[0]).toBe('/./InRelease');
    });
  });
});

describe.skipIf(missing('docker') !== '')('the signature', () => {
  test('is left alone where nothing has changed, and replaced where the index or the key is another one', async () => {
    const read = () => ['InRelease', 'Release.gpg'].map((name) => readFileSync(join(two, name), 'utf8'));
    const before = read();
    await cli(['repo', two, '--gpg-key', key], { env }).prints({});
    expect(read()).toEqual(before);
    sh(`gpg --batch --quiet --passphrase '' --quick-gen-key 'Another <other@example.org>' ed25519 sign never`, { env });
    const { signedBy } = await cli(['repo', two, '--gpg-key', 'other@example.org'], { env }).prints({});
    expect(read().filter((text) => before.includes(text))).toEqual([]);
    expect(sh(`gpg --verify ${two}/InRelease 2>&1; gpg --verify ${two}/Release.gpg ${two}/Release 2>&1`, { env })).toContain(signedBy);
    sh(`sed -i 's/^Label: .*/Label: x/' ${two}/InRelease`);
    await cli(['repo', two, '--gpg-key', key], { env }).prints({});
    sh(`gpg --verify ${two}/InRelease`, { env });
  });

  test.each([
    ['nobody@example.org', 'no secret key'],
    ['example.org', '2 secret keys'],
  ])('a key that is not one is refused: %s', async (name, words) => {
    await cli(['repo', two, '--gpg-key', name], { env }).fails(2, { code: 'usage', message: expect.stringContaining(words) });
  });
});
