/** A command line names one source of the package. */
import { expect, test } from 'vitest';
import { cli } from '../cli.js';

test.each([
  ['--sample nnt --deb x.deb', '--deb and --sample'],
  ['--bundle x.tgz --mft 4.20.1', '--bundle and --mft'],
])('plan %s is refused', async (options, flags) => {
  await cli(`plan ${options}`).fails(2, { code: 'usage', detail: `${flags} are mutually exclusive` });
});

test.each(['build --mft 4.20.1,4.22.0', 'plan --deb a.deb --deb b.deb', 'edit --sample nnt --sample', 'fetch --mft latest --mft 4.22.0'])(
  '%s is refused: it takes one',
  async (line) => {
    await cli(line).fails(2, { code: 'usage', hint: expect.stringContaining('matrix takes several') });
  },
);

test.each(['matrix', 'try'])('%s takes several of a kind, but not one checksum for them', async (command) => {
  await cli(`${command} a.deb b.deb --sha256 ${'a'.repeat(64)}`).fails(2, { code: 'usage', message: expect.stringContaining('--sha256') });
  await cli(`${command} a.deb --mft 4.20.1`).fails(2, { code: 'usage', message: expect.stringContaining('mutually exclusive') });
});
