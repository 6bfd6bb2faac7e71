/** What every form of a release holds, the Debian package and the archive with the executable: it is what package.json ships. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot, sh } from './support.js';

const project = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));

test('it is what package.json names, and nothing else', () => {
  const script = `import { packedFiles } from './scripts/packed.mjs'; console.log(JSON.stringify(packedFiles('.')));`;
  const packed: string[] = JSON.parse(sh(`node --input-type=module -e "${script}"`, { cwd: projectRoot }));
  const named = (project.files as string[]).filter((path) => !path.startsWith('!'));
  const filesOf = (path: string) =>
    statSync(join(projectRoot, path)).isDirectory()
      ? readdirSync(join(projectRoot, path), { recursive: true, encoding: 'utf8' })
          .map((name) => join(path, name))
          .filter((file) => statSync(join(projectRoot, file)).isFile())
      : [path];
  expect(project.files.filter((path: string) => path.startsWith('!'))).toEqual(['!build/**/*.d.ts', '!build/**/*.d.cts']);
  const wanted = named.flatMap(filesOf).filter((path) => !/^build\/.*\.d\.c?ts$/.test(path));
  // npm adds these by itself.
  expect(packed).toEqual([...wanted, 'LICENSE', 'README.md', 'package.json'].sort());
  expect(packed).toContain(project.bin['mft-patch']);
  expect(named.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
});
