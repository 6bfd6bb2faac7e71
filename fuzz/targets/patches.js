/** Patches and series as somebody may write them, and dkms.conf as bash reads what we make of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyPatch } from '../../build/patches/apply.js';
import { withPatches } from '../../build/patches/dkms-conf.js';
import { parsePatch, parseSeries } from '../../build/patches/patch.js';
import { codeOf } from '../cli.js';
import { plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';
import { judgeConf } from '../judge-package.js';
import { projectFile, sourcesIn } from './package.js';

export function patchTarget(folder) {
  const names = parseSeries(projectFile('patches/series').toString());
  const texts = names.map((name) => projectFile(join('patches', name)));
  const sources = sourcesIn(folder);
  return {
    inputs: plainInput(texts.length),
    bytes: (input) => plainBytes(texts, input),
    run: async (bytes, place) => {
      let patch;
      const code = codeOf(() => {
        patch = parsePatch('fuzzed.patch', bytes);
      }, ['bad-catalogue']);
      if (code) return code;
      const results = sources.map((files) => ({ files, result: applyPatch(patch, files) }));
      const applied = results.filter(({ result }) => result.status === 'applied');
      for (const { files, result } of applied) compareWithPatch(bytes, files, result.contents, join(place, 'tree'));
      return applied.length > 0 ? 'accepted' : results.map(({ result }) => result.status).join();
    },
  };
}

/** Where patch(1) takes it as well it must make the same of it. */
function compareWithPatch(bytes, files, contents, tree) {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text, 'latin1');
  }
  try {
    const { status, stdout } = spawnSync('patch', ['-p1', '-F0', '--binary', '--no-backup-if-mismatch'], { cwd: tree, input: bytes });
    if (status !== 0) return;
    for (const [path, text] of contents) {
      const theirs = readFileSync(join(tree, path), 'latin1');
      if (theirs !== text) throw new Fault('wrong', `patch(1) makes another ${path}: ${stdout}`);
    }
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** The dkms.conf of a package for every kernel. */
export function confTarget(folder) {
  const patches = parseSeries(projectFile('patches/series').toString()).map((name) => parsePatch(name, projectFile(join('patches', name))));
  const odd = 'PACKAGE_NAME=x\nPACKAGE_VERSION=1\nBUILT_MODULE_NAME[0]=x\nPATCH[0]="own.patch"\nPATCH_MATCH[0]="^5"\nMAKE[0]="make all"\n';
  const texts = [...sourcesIn(folder).map((files) => Buffer.from(files.get('dkms.conf'), 'latin1')), Buffer.from(odd)];
  return {
    inputs: plainInput(texts.length),
    bytes: (input) => plainBytes(texts, input),
    run: async (bytes, place) => {
      const [before, after] = ['vendor.conf', 'ours.conf'].map((name) => join(place, name));
      writeFileSync(before, bytes);
      try {
        writeFileSync(after, withPatches(bytes.toString('latin1'), patches), 'latin1');
      } catch (error) {
        if (error instanceof SyntaxError) return 'package-unfit';
        throw error;
      }
      judgeConf(
        before,
        after,
        patches.map(({ id }) => id),
      );
      return 'accepted';
    },
  };
}

export function seriesTarget() {
  const text = [projectFile('patches/series'), Buffer.from('# a\n a.patch\t-p1 # b\n\nsub/b.patch\n')];
  return {
    inputs: plainInput(text.length),
    bytes: (input) => plainBytes(text, input),
    run: async (bytes) => codeOf(() => parseSeries(bytes.toString('utf8')), ['bad-catalogue']) ?? 'accepted',
  };
}
