/** npm installs the dependencies of the build and builds, for a repository as for a package: that takes minutes. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtBy, emptyHome, freshClone } from './installed.js';
import { makeDirectory, projectRoot, sh } from './support.js';

test('a fresh clone is installed by npm from git', async () => {
  const env = emptyHome();
  const clone = freshClone(env);
  const folder = makeDirectory();
  sh(`npm init --yes > init.log && npm install --silent --no-audit --no-fund 'git+file://${clone}'`, { cwd: folder, env });
  expect(sh('npx --no-install mft-patch --version', { cwd: folder, env })).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(readdirSync(join(folder, 'node_modules'))).not.toContain('typescript');
  expect(await builtBy(join(folder, 'node_modules/mft-patch/build/mft-patch.cjs'))).toBe(
    await builtBy(join(projectRoot, 'build/mft-patch.cjs')),
  );
});
