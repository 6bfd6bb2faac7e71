/** The packages inside of the program, and what their authors say of the rights in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Those of which there is something in build/program.cjs, by its source map.
 * @param root the directory of package.json
 * @returns their paths below it, sorted
 */
export function librariesInside(root) {
  const { sources } = JSON.parse(readFileSync(join(root, 'build/program.cjs.map'), 'utf8'));
  return [...new Set(sources.flatMap((path) => /^\.\.\/(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))].sort();
}

/**
 * The rights in a library: by its file of a licence, else by that section of its README, else by what package.json says.
 * @returns the name of the licence (SPDX), the lines of copyright, the text
 */
export function rightsOf(directory) {
  const { name, license, author } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name} does not name its licence`);
  const text = licenceText(directory);
  const holder = `${typeof author === 'string' ? author : (author?.name ?? '')}` || `the authors of ${name}`;
  const lines = text?.match(/^[ \t]*(?:Copyright\b|\(c\)|©).*(?:\d{4}|\(c\)|©).*$/gim) ?? [];
  const copyright = lines.map((line) => line.trim().replace(/^Copyright\s+(?:(?:\(c\)|©)\s*)?/i, ''));
  return {
    license,
    copyright: copyright.length > 0 ? copyright : [holder.replace(/ \(http.*/, '')],
    text: text ?? shortText(name, license),
  };
}

function licenceText(directory) {
  const names = readdirSync(directory);
  const file = names.find((name) => /^(licen[cs]e|copying)/i.test(name));
  if (file !== undefined) return readFileSync(join(directory, file), 'utf8').trim();
  const readme = names.find((name) => /^readme/i.test(name));
  const section =
    readme && /^(?:#+ *Licen[cs]e\n|Licen[cs]e\n-+\n)([\s\S]*?)(?=\n#|$(?![\s\S]))/im.exec(readFileSync(join(directory, readme), 'utf8'));
  return section?.[1]?.trim().replaceAll('&lt;', '<').replaceAll('&gt;', '>');
}

/** Where a package has no text: that of the licence which it names. */
function shortText(name, license) {
  if (license !== 'MIT') throw new Error(`${name} has no text of its licence, ${license}`);
  return readFileSync(new URL('../LICENSE', import.meta.url), 'utf8')
    .split('\n---\n')[0]
    .replace(/^Copyright.*\n\n/m, '')
    .trim();
}
