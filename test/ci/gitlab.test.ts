/** templates/matrix.yml, the component for GitLab: its lines, run as its runner does. Only GitLab has a stand-in, and here the program. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeDirectory, projectRoot, runCli, writeFiles } from '../support.js';
import { hostile, type Job, type Ran, readComponent, runShell, sourceWords, wordsIn, writeRecorder } from './steps.js';

let cwd: string;
let bin: string;
beforeEach(() => {
  [cwd, bin] = [makeDirectory(), makeDirectory()];
  writeRecorder(bin, 'mft-patch');
  writeRecorder(bin, 'docker');
});

function jobOf(inputs: Record<string, unknown>): Job {
  const [job] = Object.values(readComponent(inputs).jobs);
  if (job === undefined) throw new Error('no job');
  return job;
}

/** The variables as a job has them. None of ours is expanded by the runner. */
function variablesOf({ variables }: Job): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, one]) => {
      if (typeof one === 'string') return [name, one];
      expect({ name, ...one }).toEqual({ name, value: expect.any(String), expand: false });
      return [name, one.value];
    }),
  );
}

function run(inputs: Record<string, unknown>, part: 'before_script' | 'script' = 'script', env: NodeJS.ProcessEnv = {}): Ran {
  const job = jobOf(inputs);
  return runShell(job[part].join('\n'), cwd, { PATH: `${bin}:${process.env.PATH}`, ...variablesOf(job), ...env });
}

const defaults = ['matrix', '--out=dist', '--cache-dir=.mft-patch', '--report=dist/junit.xml', '--report=dist/index.html'];

describe('the script', () => {
  test.each(sourceWords)('source %j', (source, words) => {
    expect(run({ source })).toMatchObject({ status: 0, stderr: '' });
    expect(wordsIn(cwd)).toEqual([...defaults, ...words]);
  });

  test('each input becomes its option', () => {
    run({ source: 'sample', kernels: '6.1,6.12', out: 'a', patches: 'one\ntwo dirs', sha256: 'ab', baseline: true, boot: true });
    const [first = '', , cache = '', ...reports] = [
      'matrix',
      '',
      '--cache-dir=.mft-patch',
      '--report=a/junit.xml',
      '--report=a/index.html',
    ];
    const own = ['--patches=one', '--patches=two dirs', '--kernel=6.1,6.12', '--sha256=ab', '--baseline', '--boot', '--'];
    expect(wordsIn(cwd)).toEqual([first, '--out=a', cache, ...reports, '--sample=flat', ...own]);
  });

  test('its exit code is that of the program', () => {
    expect(run({ source: 'sample' }, 'script', { EXIT: '5' }).status).toBe(5);
  });

  test.each(hostile)('what is in inputs is not run: %j', (value) => {
    expect(run({ source: value, kernels: value, patches: value, sha256: value })).toMatchObject({ status: 0, stderr: '' });
    expect(wordsIn(cwd)).toEqual([...defaults, ...['patches', 'kernel', 'sha256'].map((name) => `--${name}=${value}`), '--', value]);
    expect(readdirSync(cwd)).toEqual(['words']);
  });

  test.each(['', '\n', '-'])('source %j is refused', (source) => {
    expect(run({ source })).toMatchObject({ status: 2, stdout: expect.stringMatching(/^source /) });
    expect(wordsIn(cwd)).toBeUndefined();
  });

  test('out is refused by GitLab where it is not a plain path', () => {
    const form = new RegExp(readComponent().spec.inputs.out?.regex ?? '');
    for (const out of ['dist', 'a/b-c_1.2']) expect(out).toMatch(form);
    for (const out of [...hostile, '/etc', 'a\nb', '$HOME', '-x', '']) expect(out).not.toMatch(form);
  });
});

describe('before the script', () => {
  /** Stand-ins for what installs, which write down what they are asked for; and no mft-patch, no docker. */
  const bare = (...names: string[]) => {
    bin = makeDirectory();
    for (const name of names) writeRecorder(bin, name);
    runShell(`for name in bash env node; do ln -s "$(command -v "$name")" .; done`, bin, process.env);
    return { PATH: bin };
  };

  test('an image that has the programs is taken as it is', () => {
    expect(run({ source: 'sample' }, 'before_script')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test.each(['git+https://example.org/a/mft-patch.git#v1', ...hostile])('program %j is installed, in one word', (program) => {
    expect(run({ source: 'sample', program }, 'before_script', bare('npm', 'docker'))).toMatchObject({ status: 0 });
    expect(wordsIn(cwd)).toEqual(['install', '--global', '--', program]);
    expect(readdirSync(cwd)).toEqual(['words']);
  });

  test('a docker client is installed', () => {
    expect(run({ source: 'sample' }, 'before_script', bare('mft-patch', 'apt-get'))).toMatchObject({ status: 0 });
    expect(wordsIn(cwd)).toEqual(['install', '-y', '--no-install-recommends', 'docker-cli']);
  });

  test('without mft-patch and program it fails, and says what to set', () => {
    const ran = run({ source: 'sample' }, 'before_script', bare('npm', 'docker'));
    expect(ran).toMatchObject({ status: 5, stdout: expect.stringContaining('set the input program') });
  });
});

describe('the job', () => {
  test('has the name, stage and images that it is given', () => {
    const { jobs } = readComponent({ source: 'sample', job: 'a job', stage: 's', image: 'i', docker: 'd', out: 'o' });
    expect(Object.keys(jobs)).toEqual(['a job']);
    expect(jobs['a job']).toMatchObject({
      stage: 's',
      image: { name: 'i', entrypoint: [''] },
      services: [{ name: 'd', alias: 'docker' }],
      artifacts: { paths: ['o/', '.mft-patch/logs/'], reports: { junit: 'o/junit.xml' } },
    });
  });

  test('no input is in its lines, and each is used', () => {
    const { spec } = readComponent();
    const marks = Object.fromEntries(Object.keys(spec.inputs).map((name) => [name, `<${name}>`]));
    const { jobs } = readComponent(marks);
    const [job] = Object.values(jobs);
    expect([...(job?.before_script ?? []), ...(job?.script ?? [])].filter((line) => /<[\w-]+>|\[\[ inputs/.test(line))).toEqual([]);
    for (const mark of Object.values(marks)) expect(JSON.stringify(jobs)).toContain(mark);
  });

  test('asks for the source only', () => {
    const needed = Object.entries(readComponent().spec.inputs).filter(([, one]) => !('default' in one));
    expect(needed.map(([name]) => name)).toEqual(['source']);
  });
});

test('the program itself takes the words', async () => {
  run({ source: 'latest', kernels: '; touch x' });
  const { status, stderr } = await runCli(wordsIn(cwd) ?? [], { cwd });
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("'; touch x'") });
  writeFiles(cwd, { [join('dist', '.keep')]: '' });
  expect(readdirSync(projectRoot)).not.toContain('x');
});
