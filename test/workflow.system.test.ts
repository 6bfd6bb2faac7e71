/** The steps of our GitHub workflow, run as it runs them, with the sample. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../src/catalogue.js';
import { usualTargets } from '../src/kernels/target.js';
import { envOf, readAction, runShell, workflowStep } from './ci/steps.js';
import { makeDirectory, missing, projectRoot, sh, testContext } from './support.js';

const folder = makeDirectory();

/** Runs the `run` line of the step with this id, in a folder that looks like the checkout. */
function step(id: string, env: Record<string, string>): string {
  return sh(workflowStep('kernels.yml', id), { cwd: folder, env: { ...process.env, ...env } });
}

/** Runs the step of our action that runs the matrix, with inputs as the workflow gives them. */
function runAction(inputs: Record<string, string>): void {
  const action = readAction();
  const matrix = action.runs.steps.find(({ id }) => id === 'matrix');
  if (matrix === undefined) throw new Error("no step 'matrix'");
  const github = { GITHUB_ACTION_PATH: projectRoot, GITHUB_OUTPUT: join(folder, 'action-output') };
  const { status, stderr } = runShell(matrix.run, folder, { ...process.env, ...github, ...envOf(matrix, action, inputs) });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) });
}

describe.skipIf(missing('docker') !== '')('the workflow over kernels', () => {
  test('lists the kernels, builds each, and shows them in one table', () => {
    sh(`ln -s ${projectRoot}build ${projectRoot}kernels .`, { cwd: folder });
    const [GITHUB_OUTPUT, GITHUB_STEP_SUMMARY] = [join(folder, 'output'), join(folder, 'summary')];
    writeFileSync(GITHUB_OUTPUT, '');
    step('list', { GITHUB_OUTPUT });
    const { include } = JSON.parse(readFileSync(GITHUB_OUTPUT, 'utf8').replace('kernels=', ''));
    expect(include).toContainEqual({ kernel: 'debian-12' });
    const inputs = { baseline: 'true', boot: 'true', 'cache-dir': 'cache', summary: 'false' };
    runAction({ source: 'sample', kernels: 'debian-12', ...inputs });
    expect(readFileSync(join(folder, 'action-output'), 'utf8')).toBe('result=dist/matrix.json\njunit=dist/junit.xml\n');
    sh('test -s dist/matrix.json && test -s dist/junit.xml', { cwd: folder });
    mkdirSync(join(folder, 'results/kernel-debian-12'), { recursive: true });
    sh('mv dist cache results/kernel-debian-12/', { cwd: folder });
    step('beside', {});
    const HISTORY = '--history page/history.jsonl --fail-on-turned';
    step('merge', { KERNELS: 'debian-12', HISTORY });
    const page = readFileSync(join(folder, 'page/index.html'), 'utf8');
    expect(page).toMatch(/<a href="logs\/kernel-mft-dkms_[^"]*debian-12\.log">/);
    expect(page).toMatch(/With dkms \d[\d.]*; gcc \d/);
    expect(readFileSync(join(folder, 'page/history.jsonl'), 'utf8').split('\n')).toHaveLength(2);
    step('show', { GITHUB_STEP_SUMMARY });
    const summary = readFileSync(GITHUB_STEP_SUMMARY, 'utf8');
    expect(summary).toContain('1 of 1 kernel builds');
    expect(summary).toMatch(/\| 6\.1 \| debian-12 \| \S+ \| ✗ fails[^|]*\| ✓ builds \| ✓ works \| [^|]*dma-unmap[^|]*\|/);
    // A job that left nothing is not forgotten.
    const KERNELS = include.map(({ kernel }: { kernel: string }) => kernel).join();
    expect(() => step('merge', { KERNELS, HISTORY: '' })).toThrow();
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toMatch(/1 of \d+ kernels build; .*debian-13.* are missing/);
  });

  test('at night: a cell that turned red fails it, and what was so before does not', () => {
    const night = (date: string, status: string) => {
      const cell = {
        target: 'debian-12',
        kernel: '6.1',
        release: '6.1.0-50-amd64',
        patches: [],
        patched: { status, seconds: 1, log: '', artifact: '' },
      };
      const result = {
        schema: 'mft-patch/matrix@1',
        mft: { version: '4.20.1', revision: '14' },
        date: `${date}T03:17:00.000Z`,
        cells: [cell],
      };
      sh('rm -rf results && mkdir -p results/kernel-debian-12/dist', { cwd: folder });
      writeFileSync(join(folder, 'results/kernel-debian-12/dist/matrix.json'), JSON.stringify(result));
      return () => step('merge', { KERNELS: 'debian-12', HISTORY: '--history night.jsonl --fail-on-turned' });
    };
    expect(night('2026-11-24', 'error')).toThrow(/exit 5/);
    expect(night('2026-11-25', 'fails')).toThrow(/exit 1/);
    night('2026-11-26', 'fails')();
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('fails since 2026-11-25 03:17 UTC, 2 runs');
  });
});

test('the GitLab variant names every kernel but those that no runner reaches', async () => {
  const variant = readFileSync(join(projectRoot, 'docs/ci.md'), 'utf8');
  const named = /KERNEL: \[([^\]]*)\]/.exec(variant)?.[1]?.split(/[,\s]+/);
  const all = usualTargets(await loadTargets(testContext())).map(({ name }) => name);
  expect(all.filter((name) => !named?.includes(name))).toEqual(['debian-2022-07']);
  expect(named?.filter((name) => !all.includes(name))).toEqual([]);
  expect(/KERNELS: (\S+)/.exec(variant)?.[1]?.split(',')).toEqual(named);
});
