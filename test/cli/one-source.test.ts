/** A command line names one source of the package. */
import { test } from 'vitest';
import { cli } from '../cli.js';

test.each([
  ['--sample nnt --deb x.deb', '--deb and --sample'],
  ['--bundle x.tgz --mft 4.20.1', '--bundle and --mft'],
])('plan %s is refused', async (options, flags) => {
  await cli(`plan ${options}`).fails(2, { code: 'usage', detail: `${flags} are mutually exclusive` });
});
