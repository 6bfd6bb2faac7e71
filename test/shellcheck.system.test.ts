import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAction, readComponent } from './ci/steps.js';
import { missing, projectRoot } from './support.js';

const scriptsIn = (directory: string) =>
  readdirSync(join(projectRoot, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sh'))
    .map((name) => join(directory, name));
const shellcheck = (args: string[], input?: string) => spawnSync('shellcheck', args, { cwd: projectRoot, encoding: 'utf8', input });

describe.skipIf(missing('tools') !== '')('shellcheck', () => {
  const scripts = [...['container', 'scripts', 'test'].flatMap(scriptsIn), '.ci/run'];

  test('reads every script', () => {
    expect(scripts).toEqual(expect.arrayContaining(['container/verify.sh', 'scripts/release.sh', 'test/verify/hostile.sh']));
  });

  test.each(scripts)('finds nothing in %s', (path) => {
    const { status, stdout, stderr } = shellcheck([path]);
    expect({ status, words: stdout + stderr }).toEqual({ status: 0, words: '' });
  });

  const ofCi: [string, string[]][] = [
    ...readAction().runs.steps.map(({ id, run }): [string, string[]] => [`action.yml, ${id}`, [run]]),
    ...Object.values(readComponent().jobs).map((job): [string, string[]] => [
      'templates/matrix.yml',
      [...job.before_script, ...job.script],
    ]),
  ];
  test.each(ofCi)('finds nothing in the lines of %s', (_, lines) => {
    const { status, stdout, stderr } = shellcheck(['-'], ['#!/bin/bash', 'set -eo pipefail', ...lines].join('\n'));
    expect({ status, words: stdout + stderr }).toEqual({ status: 0, words: '' });
  });

  test('finds a variable without quotes', () => {
    const { status, stdout } = shellcheck(['-'], '#!/bin/bash\nrm $1\n');
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining('SC2086') });
  });
});
