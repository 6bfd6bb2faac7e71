/** `build --deb` with an edited package, and `build --bundle` with an edited bundle. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { BuildDocument } from '../../../build/documents/index.js';
import { compressed, debAround, joinTar, splitBundle, splitPackage, zstdFrames } from '../archives.js';
import { bases } from '../bases.js';
import { cli, isError } from '../cli.js';
import { chosen, edited } from '../edits.js';
import { Fault } from '../fault.js';
import { judgePackage } from '../judge-package.js';
import { editedEntries, editedPackage, type Layer, type LayeredEdit, layeredEdit } from '../package-edits.js';
import type { FuzzTarget } from '../target.js';

const codes = ['package-damaged', 'package-unfit', 'patch-does-not-apply', 'bundle-damaged'] as const;

/** The number of a base, and its edits. */
interface PackageInput {
  base: number;
  edits: LayeredEdit[];
}

/** Half of the packages are built for one kernel, half for all: the bytes decide. */
function kernelOf(bytes: Buffer): string[] {
  return (createHash('md5').update(bytes).digest()[0] ?? 0) % 2 === 0 ? ['--kernel', '7.3'] : [];
}

type Judge = (output: string, document: BuildDocument) => string;

/** Builds from a file. @returns the outcome */
async function build(args: string[], directory: string, judge: Judge): Promise<string> {
  const out = join(directory, 'out');
  try {
    const document = await cli<BuildDocument>(['build', ...args, '--out', out, '--no-verify'], codes);
    const written = existsSync(out) ? readdirSync(out) : [];
    if (isError(document)) {
      if (existsSync(out)) throw new Fault('exit', `${document.code}, but ${written} is left`);
      return document.code;
    }
    const name = document.artifacts[0]?.path.slice(out.length + 1) ?? '';
    const expected = [name, name.replace(/\.deb$/, '.build.json'), 'SHA256SUMS'];
    if (written.sort().join() !== expected.sort().join()) throw new Fault('outside', `${written} instead of ${expected}`);
    return judge(join(out, name), document);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Compares the package that the program found in a bundle with the one that tar finds. */
function judgeBundle(path: string, { member, sha256 }: BuildDocument['input']): string {
  // tar(1) finds out by itself how an archive is compressed.
  const script = 'if dpkg-deb --fsys-tarfile "$1" > "$1.tar"; then set -- "$1.tar" "$2"; fi; tar --occurrence=1 -xOf "$1" -- "$2"';
  const inside = spawnSync('bash', ['-c', script, '', path, member], { maxBuffer: 1 << 28 });
  if (inside.status !== 0) return 'accepted by us alone';
  if (createHash('sha256').update(inside.stdout).digest('hex') !== sha256)
    throw new Fault('wrong', `tar finds a different ${member} in the bundle`);
  return 'accepted';
}

/** The number of a base. One in a few hundred is of a base that unpacks to nearly the limit. */
function baseOf(plain: number, roomy: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 300, arbitrary: fc.nat(plain - 1) },
    { weight: 1, arbitrary: fc.nat(roomy - 1).map((number) => number + plain) },
  );
}

export function packageTarget(directory: string): FuzzTarget<PackageInput> {
  const [plain, roomy] = [bases(directory, /^(?!roomy).*\.deb$/), bases(directory, /^roomy.*\.deb$/)];
  const parts = [...plain, ...roomy].map(splitPackage);
  const layers: Layer[] = ['text', 'text', 'text', 'head', 'head', 'entries', 'tar', 'stream', 'ar', 'members', 'file'];
  return {
    inputs: fc.record({ base: baseOf(plain.length, roomy.length), edits: fc.array(layeredEdit(layers), { maxLength: 4 }) }),
    bytes: ({ base, edits }) => editedPackage(chosen(parts, base), edits),
    run: (bytes, place) => {
      const path = join(place, 'in.deb');
      writeFileSync(path, bytes);
      return build(['--deb', path, ...kernelOf(bytes)], place, (output, document) =>
        judgePackage({ input: path, output, directory: place }, document) ? 'accepted' : 'accepted by us alone',
      );
    },
  };
}

/** What a bundle comes in, by the bytes of its tar archive. */
const containers = { gzip: compressed, none: (tar: Buffer) => tar, zstd: zstdFrames, deb: debAround };

export function bundleTarget(directory: string): FuzzTarget<PackageInput & { container: keyof typeof containers }> {
  const entries = bases(directory, /\.tgz$/).map(splitBundle);
  return {
    inputs: fc.record({
      base: fc.nat(entries.length - 1),
      container: fc.constantFrom('gzip', 'gzip', 'none', 'zstd', 'deb'),
      edits: fc.array(layeredEdit(['text', 'head', 'entries', 'tar', 'stream']), { maxLength: 4 }),
    }),
    bytes: ({ base, container, edits }) => {
      const of = (...layers: Layer[]) => edits.filter(({ layer }) => layers.includes(layer));
      const made = of('text', 'head', 'entries').reduce(editedEntries, chosen(entries, base));
      const tar = of('tar').reduce((bytes, { edit }) => edited(bytes, edit), joinTar(made));
      return of('stream').reduce((bytes, { edit }) => edited(bytes, edit), containers[container](tar));
    },
    run: (bytes, place) => {
      const path = join(place, 'in.tgz');
      writeFileSync(path, bytes);
      return build(['--bundle', path, ...kernelOf(bytes)], place, (_, document) => judgeBundle(path, document.input));
    },
  };
}
