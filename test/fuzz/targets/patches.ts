/** Patches and series as someone may write them, and dkms.conf as bash reads it after the program has extended it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyPatch } from '../../../build/patches/apply.js';
import { withPatches } from '../../../build/patches/dkms-conf.js';
import { type Patch, parsePatch } from '../../../build/patches/patch.js';
import { parseSeries } from '../../../build/patches/series.js';
import { splitPackage } from '../archives.js';
import { bases } from '../bases.js';
import { codeOf } from '../cli.js';
import { type PlainInput, plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';
import { judgeConf } from '../judge-conf.js';
import { projectFile } from '../project.js';
import type { FuzzTarget } from '../target.js';

/** Texts of files by path. */
type Files = ReadonlyMap<string, string>;

/** The dkms sources of all generations, as Latin-1. */
function sourcesIn(directory: string): Files[] {
  return bases(directory, /\.none\.deb$/).map((bytes) => {
    const [, , data] = splitPackage(bytes);
    const files = new Map<string, string>();
    for (const { head, body } of data?.archive?.entries ?? []) {
      const name = head.toString('latin1', 0, 100).replace(/\0.*$/s, '');
      if (/^\.\/usr\/src\/[^/]+\/./.test(name) && body.length > 0) files.set(name.split('/').slice(4).join('/'), body.toString('latin1'));
    }
    return files;
  });
}

function seriesNames(): string[] {
  return parseSeries(projectFile('patches/series').toString());
}

export function patchTarget(directory: string): FuzzTarget<PlainInput> {
  const texts = seriesNames().map((name) => projectFile(join('patches', name)));
  const sources = sourcesIn(directory);
  return {
    inputs: plainInput(texts.length),
    bytes: (input) => plainBytes(texts, input),
    run: async (bytes, place) => {
      const parsed: Patch[] = [];
      const code = codeOf(() => parsed.push(parsePatch('fuzzed.patch', bytes)), ['bad-catalogue']);
      const [patch] = parsed;
      if (patch === undefined) return code ?? 'nothing';
      const results = sources.map((files) => ({ files, result: applyPatch(patch, files) }));
      for (const { files, result } of results)
        if (result.status === 'applied') compareWithPatch(bytes, files, result.contents, join(place, 'tree'));
      const statuses = results.map(({ result }) => result.status);
      return statuses.includes('applied') ? 'accepted' : statuses.join();
    },
  };
}

/** Where patch(1) accepts the patch as well, it must have the same result. */
function compareWithPatch(bytes: Buffer, files: Files, contents: Files, tree: string): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text, 'latin1');
  }
  try {
    const { status, stdout } = spawnSync('patch', ['-p1', '-F0', '--binary', '--no-backup-if-mismatch'], { cwd: tree, input: bytes });
    if (status !== 0) return;
    for (const [path, text] of contents) {
      const theirs = readFileSync(join(tree, path), 'latin1');
      if (theirs !== text) throw new Fault('wrong', `patch(1) makes a different ${path}: ${stdout}`);
    }
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** The dkms.conf of a package for all kernels. */
export function confTarget(directory: string): FuzzTarget<PlainInput> {
  const all = seriesNames().map((name) => parsePatch(name, projectFile(join('patches', name))));
  const patches = all.filter(({ applies }) => applies === 'build');
  const odd = 'PACKAGE_NAME=x\nPACKAGE_VERSION=1\nBUILT_MODULE_NAME[0]=x\nPATCH[0]="own.patch"\nPATCH_MATCH[0]="^5"\nMAKE[0]="make all"\n';
  const confs = sourcesIn(directory).map((files) => files.get('dkms.conf') ?? '');
  const texts = [...confs, odd].map((text) => Buffer.from(text, 'latin1'));
  return {
    inputs: plainInput(texts.length),
    bytes: (input) => plainBytes(texts, input),
    run: async (bytes, place) => {
      const [before, after] = [join(place, 'vendor.conf'), join(place, 'ours.conf')];
      writeFileSync(before, bytes);
      try {
        writeFileSync(after, withPatches(bytes.toString('latin1'), patches), 'latin1');
      } catch (error) {
        if (error instanceof SyntaxError) return 'package-unfit';
        throw error;
      }
      const ids = patches.map(({ id }) => id);
      judgeConf(before, after, ids);
      return 'accepted';
    },
  };
}

export function seriesTarget(): FuzzTarget<PlainInput> {
  const texts = [projectFile('patches/series'), Buffer.from('# a\n a.patch\t-p1 # b\n\nsub/b.patch\n')];
  return {
    inputs: plainInput(texts.length),
    bytes: (input) => plainBytes(texts, input),
    run: async (bytes) => codeOf(() => parseSeries(bytes.toString('utf8')), ['bad-catalogue']) ?? 'accepted',
  };
}
