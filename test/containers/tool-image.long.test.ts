/** The image of the program itself, container/Dockerfile.tool: not root, and with the host's docker by its socket. */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtBy } from '../installed.js';
import { importBase, ownImage } from '../own-base.js';
import { makeDirectory, missing, projectRoot, sh } from '../support.js';

const socket = '/var/run/docker.sock';
const isHere = missing('docker') === '' && statSync(socket, { throwIfNoEntry: false })?.isSocket() === true;

describe.skipIf(!isHere)('the image of the tool', () => {
  const [base, name] = [ownImage('trixie'), ownImage('tool')];
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  /** A user that neither the image nor the machine knows. */
  const user = '--user 4711:4711';
  const withDocker = () => `-v ${socket}:${socket} --group-add ${statSync(socket).gid}`;
  const run = (options: string, command: string) => sh(`docker run --rm ${options} ${name} ${command}`);
  const ownDirectory = () => {
    const directory = makeDirectory();
    sh(`chown 4711:4711 '${directory}'`);
    return directory;
  };

  beforeAll(() => {
    const context = join(makeDirectory(), 'context');
    mkdirSync(context);
    sh(`node scripts/deb.mjs ${context}`, { cwd: projectRoot });
    importBase('trixie', base);
    const env = { ...process.env, DOCKER_BUILDKIT: '0' };
    sh(`docker build --quiet --force-rm --file container/Dockerfile.tool --build-arg BASE_IMAGE=${base} --tag ${name} ${context}`, {
      cwd: projectRoot,
      env,
    });
  });

  test('runs the program, as a user, with the clients of both engines', () => {
    expect(run('', 'mft-patch --version')).toBe(`${version}\n`);
    expect(run('', 'sh -c "id -u; docker --version; podman --version"')).toMatch(/^[1-9]\d*\nDocker version .*\npodman version .*\n$/);
    expect(run('', '')).toMatch(/^Usage: mft-patch /);
    expect(run('', 'ls /tmp /work /cache')).toBe('/cache:\n\n/tmp:\n\n/work:\n');
  });

  test('plans and builds without an engine and a network, whoever the user is', async () => {
    const out = ownDirectory();
    expect(run(`--network none ${user}`, 'mft-patch plan --sample')).toBe(
      sh('node build/mft-patch.cjs plan --sample', { cwd: projectRoot }),
    );
    run(`--network none ${user} -v '${out}:/work'`, 'mft-patch build --sample --no-verify --quiet');
    expect(statSync(join(out, 'dist/SHA256SUMS')).uid).toBe(4711);
    expect(sh('grep deb$ dist/SHA256SUMS', { cwd: out })).toBe(await builtBy(join(projectRoot, 'build/mft-patch.cjs')));
  });

  test("builds and verifies by the host's docker, and leaves no container", () => {
    const out = ownDirectory();
    const inside = (command: string) => run(`${withDocker()} ${user} -v '${out}:/work'`, command);
    const build = JSON.parse(inside('mft-patch build --sample --quiet --json'));
    expect(build.verification).toMatchObject({ status: 'passed' });
    const deb = readdirSync(join(out, 'dist')).find((file) => file.endsWith('.deb')) ?? '';
    const verify = JSON.parse(inside(`mft-patch verify dist/${deb} --kernel debian-12 --quiet --json`));
    expect(verify.kernels).toMatchObject([{ target: 'debian-12', status: 'builds' }]);
    // Its process has the number 1, which the name of a container has in it.
    expect(sh("docker ps --all --quiet --filter 'name=^mft-patch-1-'")).toBe('');
  });

  test('without an engine it says which it asked, and what each answered', () => {
    const script = 'mft-patch build --sample --quiet --json || true';
    expect(JSON.parse(run(user, `sh -c '${script}'`)).verification).toMatchObject({
      status: 'skipped',
      reason: expect.stringMatching(/docker: Cannot connect to the Docker daemon.*podman: /),
    });
  });
});
