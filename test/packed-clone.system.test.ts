/** What npm makes of a fresh clone: a package with a working program in it, or nothing. */
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtBy, emptyHome, freshClone } from './installed.js';
import { makeDirectory, projectRoot, sh } from './support.js';

describe('a fresh clone', () => {
  const env = emptyHome();
  const clone = freshClone(env);

  test('is not packed without what builds the program', () => {
    expect(() => sh('npm pack', { cwd: clone, env })).toThrow(/the program is not built[\s\S]*run npm ci first/);
    expect(readdirSync(clone).filter((name) => name.endsWith('.tgz'))).toEqual([]);
  });

  test('is packed with the program, which builds the same package', async () => {
    symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'));
    const folder = makeDirectory();
    const packed = sh(`npm pack --silent --pack-destination '${folder}'`, { cwd: clone, env }).trim();
    expect(packed).toMatch(/^mft-patch-[\d.]+\.tgz$/);
    sh(`tar xzf '${packed}'`, { cwd: folder });
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'package/node_modules'));
    expect(sh('node package/build/mft-patch.cjs --version', { cwd: folder })).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await builtBy(join(folder, 'package/build/mft-patch.cjs'))).toBe(await builtBy(join(projectRoot, 'build/mft-patch.cjs')));
  });
});
