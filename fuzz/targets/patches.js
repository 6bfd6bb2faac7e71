/** Patches and series as somebody may write them, and dkms.conf as bash reads what we make of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { applyPatch } from '../../build/patches/apply.js';
import { parsePatch, parseSeries } from '../../build/patches/patch.js';
import { codeOf } from '../cli.js';
import { plainBytes, plainInput } from '../edits.js';
import { Fault } from '../fault.js';
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

export function seriesTarget() {
  const text = [projectFile('patches/series'), Buffer.from('# a\n a.patch\t-p1 # b\n\nsub/b.patch\n')];
  return {
    inputs: plainInput(text.length),
    bytes: (input) => plainBytes(text, input),
    run: async (bytes) => codeOf(() => parseSeries(bytes.toString('utf8')), ['bad-catalogue']) ?? 'accepted',
  };
}
