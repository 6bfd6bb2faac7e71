/** `build --deb` with an edited package, and `build --bundle` with an edited bundle. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { compressed, joinTar, splitBundle, splitPackage } from '../archives.js';
import { bases } from '../bases.js';
import { cli } from '../cli.js';
import { edited } from '../edits.js';
import { Fault } from '../fault.js';
import { judgePackage } from '../judge-package.js';
import { editedEntries, editedPackage, layeredEdit } from '../package-edits.js';

const codes = ['package-damaged', 'package-unfit', 'patch-does-not-apply'];
/** Half of the packages are baked, half are for every kernel; which, their bytes decide. */
const kernelOf = (bytes) => (createHash('md5').update(bytes).digest()[0] % 2 === 0 ? ['--kernel', '7.3'] : []);

async function build(source, path, bytes, folder) {
  const out = join(folder, 'out');
  try {
    const document = await cli(['build', source, path, '--out', out, '--no-verify', ...kernelOf(bytes)], [...codes, 'bundle-damaged']);
    const written = existsSync(out) ? readdirSync(out) : [];
    if (document.schema === 'mft-patch/error@1') {
      if (existsSync(out)) throw new Fault('exit', `${document.code}, and ${written} is left`);
      return document.code;
    }
    const name = document.artifacts[0].path.slice(out.length + 1);
    const expected = [name, name.replace(/\.deb$/, '.build.json'), 'SHA256SUMS'];
    if (written.sort().join() !== expected.sort().join()) throw new Fault('outside', `${written} instead of ${expected}`);
    return await judged(source, path, join(out, name), document, folder);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function judged(source, path, output, document, folder) {
  if (source === '--deb') return judgePackage(path, output, document, folder) ? 'accepted' : 'accepted by us alone';
  const { member, sha256 } = document.input;
  const inside = spawnSync('tar', ['--occurrence=1', '-xzOf', path, '--', member], { maxBuffer: 1 << 28 });
  if (inside.status !== 0) return 'accepted by us alone';
  if (createHash('sha256').update(inside.stdout).digest('hex') !== sha256)
    throw new Fault('wrong', `tar finds another ${member} in the bundle`);
  return 'accepted';
}

/** The base's number, and in one of a few hundred that of one that unpacks to very much. */
const baseOf = (bytes, roomy) =>
  fc.oneof({ weight: 300, arbitrary: fc.nat(bytes - 1) }, { weight: 1, arbitrary: fc.nat(roomy - 1).map((n) => n + bytes) });

export function packageTarget(folder) {
  const [plain, roomy] = [/^(?!roomy).*\.deb$/, /^roomy.*\.deb$/].map((pattern) => bases(folder, pattern));
  const parts = [...plain, ...roomy].map(splitPackage);
  const layers = ['text', 'text', 'text', 'head', 'head', 'entries', 'tar', 'stream', 'ar', 'members', 'file'];
  return {
    inputs: fc.record({ base: baseOf(plain.length, roomy.length), edits: fc.array(layeredEdit(layers), { maxLength: 4 }) }),
    bytes: ({ base, edits }) => editedPackage(parts[base % parts.length], edits),
    run: async (bytes, place) => {
      const path = join(place, 'in.deb');
      writeFileSync(path, bytes);
      return build('--deb', path, bytes, place);
    },
  };
}

export function bundleTarget(folder) {
  const entries = bases(folder, /\.tgz$/).map(splitBundle);
  return {
    inputs: fc.record({
      base: fc.nat(entries.length - 1),
      edits: fc.array(layeredEdit(['text', 'head', 'entries', 'tar', 'stream']), { maxLength: 4 }),
    }),
    bytes: ({ base, edits }) => {
      const of = (...layers) => edits.filter(({ layer }) => layers.includes(layer));
      const made = of('text', 'head', 'entries').reduce(editedEntries, entries[base % entries.length]);
      const tar = of('tar').reduce((bytes, { edit }) => edited(bytes, edit), joinTar(made));
      return of('stream').reduce((bytes, { edit }) => edited(bytes, edit), compressed(tar));
    },
    run: async (bytes, place) => {
      const path = join(place, 'in.tgz');
      writeFileSync(path, bytes);
      return build('--bundle', path, bytes, place);
    },
  };
}

/** For the patches' target: the sources of all generations, by path. */
export function sourcesIn(folder) {
  return bases(folder, /\.none\.deb$/).map((bytes) => {
    const [, , data] = splitPackage(bytes);
    const named = data.entries.map(({ head, body }) => [head.toString('latin1', 0, 100).replace(/\0.*$/s, ''), body]);
    return new Map(
      named.flatMap(([name, body]) =>
        /^\.\/usr\/src\/[^/]+\/./.test(name) && body.length > 0 ? [[name.split('/').slice(4).join('/'), body.toString('latin1')]] : [],
      ),
    );
  });
}

/** A project's own file. */
export function projectFile(path) {
  return readFileSync(new URL(`../../${path}`, import.meta.url));
}
