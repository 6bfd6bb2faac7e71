/**
 * Makes one file of the program and what it depends on, build/program.cjs, with its source map, and collects the licences of what is
 * inside. A module runs when it is first needed, as where each is a file; the libraries' digests are those of the files that went in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { libraryDigests } from '../build/system/libraries.js';
import { librariesInside, rightsOf } from './libraries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const libraries = JSON.stringify(await libraryDigests());

/** Modules of Node are loaded by what needs them; as imports all would be loaded at the start. */
const lazyBuiltins = {
  name: 'lazy-builtins',
  resolveId: (id) => (isBuiltin(id) ? `\0builtin:${id}` : undefined),
  load: (id) => (id.startsWith('\0builtin:') ? codeOf(id.slice(9)) : undefined),
};
/** commander asks for child_process before it knows whether a program is to be run: it is loaded when something of it is used. */
function codeOf(id) {
  const whole = `process.getBuiltinModule('${id}')`;
  if (!id.endsWith('child_process')) return `module.exports = ${whole};`;
  const getters = Object.keys(process.getBuiltinModule(id)).map((name) => `get ${name}() { return ${whole}.${name}; }`);
  return `module.exports = { ${getters.join(', ')} };`;
}
/** Inside of one file there are no files of the libraries to ask for. */
const knownLibraries = {
  name: 'known-libraries',
  load: (id) => (id === join(root, 'src/system/libraries.ts') ? `export const libraryDigests = async () => ${libraries};` : undefined),
};

const bundle = await rolldown({
  input: join(root, 'src/cli.ts'),
  cwd: root,
  platform: 'node',
  // A node_modules that is a link is still this one's.
  resolve: { mainFields: ['module', 'main'], extensionAlias: { '.js': ['.ts', '.js'] }, symlinks: false },
  plugins: [lazyBuiltins, knownLibraries],
  onLog(level, log) {
    throw new Error(`${level}: ${log.message}`);
  },
});
await bundle.write({
  file: join(root, 'build/program.cjs'),
  format: 'cjs',
  codeSplitting: false,
  sourcemap: true,
  // Less to read at every start. Names stay, for who reads a stack trace.
  minify: { compress: false, mangle: false, codegen: true },
  // The sources are in the repository, and each is named.
  sourcemapExcludeSources: true,
});

const texts = librariesInside(root).map((path) => {
  const directory = join(root, path);
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const { license, text } = rightsOf(directory);
  return `${name} ${version}: ${license}\n\n${text}\n`;
});
const line = `\n${'-'.repeat(80)}\n\n`;
writeFileSync(join(root, 'build/LICENSES.txt'), [`build/program.cjs contains these packages:\n`, ...texts].join(line));
