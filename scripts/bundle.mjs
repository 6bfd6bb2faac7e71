/**
 * Makes one file of the program and what it depends on, build/program.cjs, with its source map, and collects the licences of what is
 * inside. A module runs when it is first needed, as where each is a file; the libraries' digests are those of the files that went in.
 * The program's own help is made here, too, as it is without a terminal: build/help.txt.
 */
import { execFileSync } from 'node:child_process';
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
  resolve: {
    mainFields: ['module', 'main'],
    extensionAlias: { '.js': ['.ts', '.js'] },
    // The same without workers, which are not used, and for which it would load two modules of Node at once.
    alias: { fflate: 'fflate/browser' },
    symlinks: false,
  },
  plugins: [lazyBuiltins, knownLibraries],
  onLog(level, log) {
    throw new Error(`${level}: ${log.message}`);
  },
});
const { output } = await bundle.write({
  file: join(root, 'build/program.cjs'),
  format: 'cjs',
  codeSplitting: false,
  sourcemap: true,
  // Less to read at every start, in one byte a character. Names of functions stay, for who reads a stack trace.
  minify: { compress: false, mangle: { keepNames: true }, codegen: { asciiOnly: true } },
  // The licences are in a file of their own.
  comments: false,
  // One function, whether Node loads the file or V8 runs it as a script, whose last value that is.
  postBanner: '(typeof module === "object" ? module : {}).exports = (require, __filename) => {',
  postFooter: '}',
  // The sources are in the repository, and each is named.
  sourcemapExcludeSources: true,
});
const chunk = output.find(({ type }) => type === 'chunk');
// The program reads it as Latin-1.
if (/[^\0-\x7f]/.test(chunk.code)) throw new Error('program.cjs has a character that is not ASCII');

const texts = librariesInside(root).map((path) => {
  const directory = join(root, path);
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const { license, text } = rightsOf(directory);
  return `${name} ${version}: ${license}\n\n${text}\n`;
});
const line = `\n${'-'.repeat(80)}\n\n`;
writeFileSync(join(root, 'build/LICENSES.txt'), [`build/program.cjs contains these packages:\n`, ...texts].join(line));
writeFileSync(join(root, 'build/help.txt'), execFileSync(process.execPath, [join(root, 'build/cli.js'), '--help']));
