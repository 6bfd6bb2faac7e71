import { expect, test } from 'vitest';
import { engineFor, refuseOtherArch, runsInContainers } from '../../src/containers/arch.js';
import type { Engine } from '../../src/containers/engine.js';
import { failureOf, testContext } from '../support.js';

const engine: Engine = { name: 'docker', version: '20.10.24', arch: 'amd64', run: () => expect.fail('it is not asked') };

test.each([
  // As update-binfmts of Debian 12 registers it.
  ['enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: POCF\noffset 0\n', true],
  ['disabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: POCF\noffset 0\n', false],
  // Without F the interpreter would have to be in each container.
  ['enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OC\noffset 0\n', false],
  ['', false],
])('%j runs in containers: %s', (registration, answer) => {
  expect(runsInContainers(registration)).toBe(answer);
});

test.each([undefined, 'amd64'])('%s is the own architecture of an engine of amd64', async (arch) => {
  expect(await engineFor(engine, arch, testContext())).toBe(engine);
});

test('neither one that nobody emulates nor an engine elsewhere is emulated', async () => {
  expect(await engineFor(engine, 'ppc64el', testContext())).toBe(engine);
  const context = testContext({ env: { DOCKER_HOST: 'tcp://build.example:2376' } });
  expect(await engineFor(engine, 'arm64', context)).toBe(engine);
});

test.each([
  [
    'arm64',
    {},
    /^apt install mmdebstrap arch-test qemu-user-static binfmt-support to emulate it, which takes long; or run this on a machine of arm64/,
  ],
  ['ppc64el', {}, /^run this on a machine of ppc64el/],
  // What runs emulated already is not to be emulated once more.
  ['amd64', { arch: 'arm64', emulatedOn: 'amd64' }, /^run this on a machine of amd64/],
])('what is of %s is refused with what helps', async (arch, change, hint) => {
  const failure = await failureOf(() => refuseOtherArch({ ...engine, ...change }, { what: 'x.deb', arch }));
  expect(failure).toMatchObject({ code: 'engine-failed', hint: expect.stringMatching(hint) });
});
