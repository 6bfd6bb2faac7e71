/** action.yml: what it makes of its inputs, also of hostile ones. Only GitHub has a stand-in, and here the program, too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeDirectory, projectRoot, writeFiles } from '../support.js';
import { type ActionStep, envOf, hostile, type Ran, readAction, runShell, sourceWords, wordsIn, writeRecorder } from './steps.js';

const action = readAction();
const stepOf = (id: string): ActionStep => {
  const step = action.runs.steps.find((one) => one.id === id);
  if (step === undefined) throw new Error(`no step '${id}'`);
  return step;
};

let cwd: string;
let checkout: string;
beforeEach(() => {
  [cwd, checkout] = [makeDirectory(), makeDirectory()];
  writeFiles(checkout, { 'build/cli.js': '' });
  // In the place of Node.js, so that its first word is the program.
  writeRecorder(checkout, 'bin/node');
  writeFiles(cwd, { output: '', summary: '' });
});

/** What the program was given. */
function words(): string[] | undefined {
  const [program, ...rest] = wordsIn(cwd) ?? [];
  if (program === undefined) return undefined;
  expect(program).toBe(join(checkout, 'build/cli.js'));
  return rest;
}

/** Runs a step with these inputs. */
function run(id: string, inputs: Record<string, string>, env: NodeJS.ProcessEnv = {}): Ran {
  const github = {
    GITHUB_ACTION_PATH: checkout,
    GITHUB_OUTPUT: join(cwd, 'output'),
    GITHUB_STEP_SUMMARY: join(cwd, 'summary'),
  };
  return runShell(stepOf(id).run, cwd, {
    PATH: `${checkout}/bin:${process.env.PATH}`,
    TMPDIR: cwd,
    ...github,
    ...envOf(stepOf(id), action, inputs),
    ...env,
  });
}

describe('the step that runs the matrix', () => {
  const defaults = ['matrix', '--out=dist', '--report=dist/junit.xml'];
  const quiet = { summary: 'false' };

  test.each(sourceWords)('source %j', (source, expected) => {
    expect(run('matrix', { source, ...quiet })).toMatchObject({ status: 0, stderr: '' });
    expect(words()).toEqual([...defaults, ...expected]);
  });

  test('each input becomes its option', () => {
    const inputs = { source: 'sample', kernels: '6.1,debian-13', out: 'a/b', patches: 'one\ntwo dirs\n', sha256: 'ab', 'cache-dir': 'c d' };
    expect(run('matrix', { ...inputs, baseline: 'true', boot: 'true', ...quiet })).toMatchObject({ status: 0 });
    const own = ['--patches=one', '--patches=two dirs', '--kernel=6.1,debian-13', '--sha256=ab', '--cache-dir=c d'];
    expect(words()).toEqual(['matrix', '--out=a/b', '--report=a/b/junit.xml', '--sample=flat', ...own, '--baseline', '--boot', '--']);
    expect(readFileSync(join(cwd, 'output'), 'utf8')).toBe('result=a/b/matrix.json\njunit=a/b/junit.xml\n');
  });

  test('its exit code is that of the program, and outputs and table are there nevertheless', () => {
    writeFiles(checkout, {
      'bin/node':
        '#!/bin/bash\nfor word; do [[ $word != --report=/* ]] || echo "| a table |" > "$(cut -d= -f2 <<< "$word")"; done\nexit 5\n',
    });
    expect(run('matrix', { source: 'sample' })).toMatchObject({ status: 5 });
    expect(readFileSync(join(cwd, 'summary'), 'utf8')).toBe('| a table |\n');
    expect(readFileSync(join(cwd, 'output'), 'utf8')).toContain('result=dist/matrix.json\n');
  });

  test.each(hostile)('what is in inputs is not run: %j', (value) => {
    const before = readdirSync(cwd).sort();
    const options = { kernels: 'kernel', out: 'out', patches: 'patches', sha256: 'sha256', 'cache-dir': 'cache-dir' };
    const inputs = Object.fromEntries(['source', ...Object.keys(options)].map((name) => [name, value]));
    expect(run('matrix', { ...inputs, ...quiet })).toMatchObject({ status: 0, stderr: '' });
    // Each is one word: of its option, or behind the end of options.
    const [out, ...others] = ['out', 'patches', 'kernel', 'sha256', 'cache-dir'].map((name) => `--${name}=${value}`);
    expect(words()).toEqual(['matrix', out, `--report=${value}/junit.xml`, ...others, '--', value]);
    for (const name of ['baseline', 'boot', 'summary']) {
      const stdout = `::error title=mft-patch::${name} is neither true nor false\n`;
      expect(run('matrix', { source: 'sample', [name]: value })).toMatchObject({ status: 2, stdout });
    }
    expect(
      readdirSync(cwd)
        .sort()
        .filter((file) => file !== 'words' && !file.endsWith('.md')),
    ).toEqual(before);
  });

  test.each(['dist\nresult=/etc/passwd', 'dist\r', ''])('an output directory %j is refused, and nothing is put out', (out) => {
    expect(run('matrix', { source: 'sample', out })).toMatchObject({ status: 2, stdout: expect.stringContaining('out is not the name') });
    expect(words()).toBeUndefined();
    expect(readFileSync(join(cwd, 'output'), 'utf8')).toBe('');
  });

  test.each(['', ' \n\n'])('an empty source %j is refused: the program would download a release', (source) => {
    expect(run('matrix', { source })).toMatchObject({ status: 2, stdout: expect.stringContaining('source is empty') });
  });

  test('a line break in kernels stays in its word', () => {
    run('matrix', { source: 'sample', kernels: '6.1\n--boot', ...quiet });
    expect(words()).toContain('--kernel=6.1\n--boot');
  });

  test('the program itself takes the words', () => {
    const real = { GITHUB_ACTION_PATH: projectRoot, PATH: process.env.PATH };
    const { status, stderr } = run('matrix', { source: 'sample', kernels: '; touch x', patches: '', ...quiet }, real);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("'; touch x'") });
    expect(run('matrix', { source: '--help', kernels: '6.1', ...quiet }, real)).toMatchObject({ status: 3, stdout: '' });
    expect(run('matrix', { source: 'latest\na.deb', ...quiet }, real)).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('the step that builds the program', () => {
  /** A stand-in for npm, which writes down what it is asked for. */
  const npm = () => {
    writeFiles(cwd, { 'bin/npm': `#!/bin/sh\necho "$PWD $*" >> '${cwd}/asked'\n` });
    return runShell('chmod 755 bin/npm', cwd, process.env) && { PATH: `${cwd}/bin:${process.env.PATH}` };
  };

  test('builds it where it is checked out, and only where it is not built', () => {
    const env = npm();
    expect(run('build', {}, env)).toMatchObject({ status: 0 });
    expect(readdirSync(cwd)).not.toContain('asked');
    checkout = makeDirectory();
    expect(run('build', {}, env)).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(cwd, 'asked'), 'utf8')).toBe(`${checkout} ci --include=dev\n${checkout} run build\n`);
  });

  test.each([
    ['v18.20.4', 5],
    ['v20.18.3', 5],
    ['v20.19.0', 0],
    ['v22.1.0', 0],
  ])('with Node.js %s it exits %i', (version, status) => {
    const script = `#!${process.execPath}
Object.defineProperty(process, 'versions', { value: { node: '${version.slice(1)}' } });
eval(process.argv[3]);
`;
    writeFiles(cwd, { 'bin/node': script });
    runShell('chmod 755 bin/node', cwd, process.env);
    expect(run('build', {}, { PATH: `${cwd}/bin:${process.env.PATH}` }).status).toBe(status);
  });
});

describe('what is written in action.yml and the workflows', () => {
  const workflows = readdirSync(join(projectRoot, '.github/workflows')).map((name) => `.github/workflows/${name}`);
  const read = (path: string) => parse(readFileSync(join(projectRoot, path), 'utf8'));
  const stepsOf = (path: string): ActionStep[] =>
    path === 'action.yml' ? action.runs.steps : Object.values<{ steps: ActionStep[] }>(read(path).jobs).flatMap(({ steps }) => steps);

  test.each(['action.yml', ...workflows])('%s pastes nothing into a shell', (path) => {
    const runs = stepsOf(path).flatMap(({ run: lines }) => lines ?? []);
    expect(runs.filter((lines) => lines.includes('${{'))).toEqual([]);
  });

  test('the action uses no other action that is not pinned by its commit', () => {
    const used = action.runs.steps.flatMap(({ uses }) => uses ?? []);
    expect(used.filter((name) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(name))).toEqual([]);
    expect(action.runs.steps.map(({ shell }) => shell)).toEqual(['bash', 'bash']);
  });

  test('the outputs are those that the step writes, and every input is used', () => {
    const written = /printf '%s=%s\\n' (.*) >> "\$GITHUB_OUTPUT"/.exec(stepOf('matrix').run)?.[1]?.match(/(?<= |^)\w+(?= ")/g);
    expect(Object.entries(action.outputs).map(([name, { value }]) => [name, value])).toEqual(
      written?.map((name) => [name, `\${{ steps.matrix.outputs.${name} }}`]),
    );
    const used = Object.values(stepOf('matrix').env ?? {}).map((value) => /inputs\.([\w-]+)/.exec(value)?.[1]);
    expect(used).toEqual(Object.keys(action.inputs));
  });

  test('our own workflow uses it, with inputs that it has', () => {
    const { kernel } = read('.github/workflows/kernels.yml').jobs;
    const step = kernel.steps.find(({ uses }: ActionStep) => uses === './');
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
  });
});
