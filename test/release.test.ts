import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runShell, wordsIn, workflowStep, writeRecorder } from './ci/steps.js';
import { makeDirectory, projectRoot, sh, writeFiles } from './support.js';

const changelog = `# Changelog\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- It *works*.\n\n## [1.2.2] - 2026-01-01\n\n### Fixed\n\n- Old.\n`;
const nobody = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' };

/** A script that stands in for one which writes a file into a directory. */
const writes = (name: string) => `import { writeFileSync } from 'node:fs';\nwriteFileSync(process.argv[2] + '/${name}', '');\n`;

/** A repository with one commit: the script, a package of this version whose tests fail, its changelog. */
function repository(version = '1.2.3'): { folder: string; release: (...args: string[]) => { status: number | null; out: string } } {
  const folder = makeDirectory();
  const env = { ...process.env, ...nobody, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', npm_config_cache: join(folder, '.git/npm') };
  writeFiles(folder, {
    'package.json': JSON.stringify({ name: 'x', version, type: 'module', files: ['a.js'], scripts: { test: 'exit 3', build: 'exit 0' } }),
    'a.js': '',
    'CHANGELOG.md': changelog,
    '.gitignore': '/dist/\n',
    'scripts/deb.mjs': writes('x.deb'),
    'scripts/executable.mjs': writes('x.tar.gz'),
  });
  copyFileSync(join(projectRoot, 'scripts/release.sh'), join(folder, 'scripts/release.sh'));
  sh('git init -q && git add -A && git commit -qm all', { cwd: folder, env });
  const release = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('bash', ['scripts/release.sh', ...args], { cwd: folder, env, encoding: 'utf8' });
    return { status, out: stdout + stderr };
  };
  return { folder, release };
}

const tagsOf = (folder: string) => sh('git tag', { cwd: folder });

test('the dry run prints what it would do, and does none of it', () => {
  const { folder, release } = repository();
  const { status, out } = release('--dry-run');
  expect(status).toBe(0);
  const commands = out.split('\n').filter((line) => line.startsWith('+ '));
  const words = [
    'npm test',
    'rm -rf dist/release',
    'mkdir',
    'npm pack',
    'node scripts/deb.mjs dist/release',
    'node scripts/executable.mjs dist/release',
    'sum dist/release',
    'git tag --annotate',
  ];
  expect(commands).toEqual(words.map((word) => expect.stringContaining(word)));
  expect(readdirSync(folder)).not.toContain('dist');
  expect(tagsOf(folder)).toBe('');
  expect(release('--dry-run', '--no-test').out).not.toContain('npm test');
});

test.each<[string, (folder: string) => void, string[], { status: number; words: string }]>([
  ['an uncommitted file', (folder) => writeFiles(folder, { 'new.js': '' }), [], { status: 1, words: 'uncommitted changes' }],
  ['a changed file', (folder) => writeFiles(folder, { 'a.js': 'x' }), ['--dry-run'], { status: 1, words: 'uncommitted changes' }],
  ['a tag that exists', (folder) => sh('git tag v1.2.3', { cwd: folder }), [], { status: 1, words: 'tag v1.2.3 exists' }],
  ['an unknown option', () => {}, ['--dryrun'], { status: 2, words: "unknown option '--dryrun'" }],
  ['a place that is not a repository', (folder) => sh('rm -rf .git', { cwd: folder }), [], { status: 128, words: 'not a git repository' }],
])('it refuses %s', (_, spoil, args, { status, words }) => {
  const { folder, release } = repository();
  spoil(folder);
  expect(release(...args)).toEqual({ status, out: expect.stringContaining(words) });
  expect(readdirSync(folder)).not.toContain('dist');
});

test('it refuses a version without a section in CHANGELOG.md', () => {
  const refused = { status: 1, out: expect.stringContaining('CHANGELOG.md has no section for 1.2') };
  expect(repository('1.2.4').release('--dry-run')).toEqual(refused);
  expect(repository('1.2').release('--dry-run')).toEqual(refused);
});

test('where the tests fail it tags nothing', () => {
  const { folder, release } = repository();
  expect(release().status).toBe(3);
  expect(tagsOf(folder)).toBe('');
});

test('it packs, sums and tags', () => {
  const { folder, release } = repository();
  expect(release('--no-test')).toMatchObject({ status: 0 });
  expect(readdirSync(join(folder, 'dist/release')).sort()).toEqual(['SHA256SUMS', 'x-1.2.3.tgz', 'x.deb', 'x.tar.gz']);
  expect(sh('sha256sum -c SHA256SUMS', { cwd: join(folder, 'dist/release') })).toBe('x-1.2.3.tgz: OK\nx.deb: OK\nx.tar.gz: OK\n');
  expect(sh('git cat-file -t v1.2.3', { cwd: folder })).toBe('tag\n');
  const text = sh("git tag -l --format='%(contents)' v1.2.3", { cwd: folder });
  expect(text.trim()).toBe('mft-patch 1.2.3\n\n### Added\n\n- It *works*.');
  expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toBe(changelog);
});

test('the workflow makes a release of the tag: its text, and what is packed. Only GitHub has a stand-in', () => {
  const { folder, release } = repository();
  release('--no-test');
  const bin = makeDirectory();
  writeRecorder(bin, 'gh');
  sh('git remote add origin . && rm -r dist', { cwd: folder });
  const step = (id: string, TAG = 'v1.2.3') => {
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: folder, npm_config_cache: join(folder, '.git/npm'), TAG };
    return runShell(workflowStep('release.yml', id), folder, env).status;
  };
  expect(step('check', 'v1.2.4')).toBe(1);
  expect(['text', 'check', 'pack', 'sum', 'publish'].map((id) => step(id))).toEqual([0, 0, 0, 0, 0]);
  expect(readFileSync(join(folder, 'notes.md'), 'utf8').trim()).toBe('### Added\n\n- It *works*.');
  const files = ['SHA256SUMS', 'x-1.2.3.tgz', 'x.deb', 'x.tar.gz'].map((name) => `dist/release/${name}`);
  const title = ['--title', 'mft-patch 1.2.3', '--notes-file', 'notes.md'];
  expect(wordsIn(folder)).toEqual(['release', 'create', 'v1.2.3', '--verify-tag', ...title, ...files]);
});
