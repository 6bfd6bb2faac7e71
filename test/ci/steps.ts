/** The steps of action.yml and templates/, run here. What GitHub and GitLab do before a shell begins has a stand-in. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { projectRoot, writeFiles } from '../support.js';

export interface ActionStep {
  id: string;
  shell: string;
  uses?: string;
  run: string;
  env?: Record<string, string>;
}

export interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: ActionStep[] };
}

export interface Component {
  spec: { inputs: Record<string, { description: string; type?: string; default?: unknown; regex?: string }> };
  jobs: Record<string, Job>;
}

export interface Job {
  stage: string;
  image: { name: string; entrypoint: string[] };
  services: { name: string; alias: string }[];
  variables: Record<string, string | { value: string; expand: boolean }>;
  before_script: string[];
  script: string[];
  artifacts: { when: string; paths: string[]; reports: { junit: string } };
}

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

export function readAction(): Action {
  return parse(read('action.yml'));
}

/** The shell lines of a step of one of our workflows. @param file in .github/workflows @param id of the step, which one of its jobs has */
export function workflowStep(file: string, id: string): string {
  const jobs: { steps: { id?: string; run?: string }[] }[] = Object.values(parse(read(join('.github/workflows', file))).jobs);
  const run = jobs.flatMap(({ steps }) => steps).find((step) => step.id === id)?.run;
  if (run === undefined) throw new Error(`no step '${id}' in ${file}`);
  return run;
}

/** @param inputs of the include, in the place of what GitLab asks for */
export function readComponent(inputs: Record<string, unknown> = {}): Component {
  const [head, body] = parseAllDocuments(read('templates/matrix.yml')).map((document) => document.toJS());
  const { spec } = head;
  const defaults = Object.fromEntries(Object.entries(spec.inputs as Component['spec']['inputs']).map(([name, one]) => [name, one.default]));
  return { spec, jobs: interpolated(body, { ...defaults, ...inputs }) as Record<string, Job> };
}

/** A stand-in for GitLab's interpolation: in values that are parsed already; an input that stands alone keeps its type. */
function interpolated(value: unknown, inputs: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((one) => interpolated(one, inputs));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [interpolated(key, inputs), interpolated(one, inputs)]));
  if (typeof value !== 'string') return value;
  const alone = /^\$\[\[ inputs\.([\w-]+) \]\]$/.exec(value)?.[1];
  return alone === undefined ? value.replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name) => String(inputs[name])) : inputs[alone];
}

/** A stand-in for GitHub's expressions in the `env` of a step: inputs alone. */
export function envOf({ env = {} }: ActionStep, { inputs }: Action, given: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)?.[1];
      if (input === undefined || !(input in inputs)) throw new Error(`env ${name} is '${value}'`);
      return [name, given[input] ?? inputs[input]?.default ?? ''];
    }),
  );
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs lines as the runners of GitHub and GitLab do: bash, ended by the first error. */
export function runShell(lines: string, cwd: string, env: NodeJS.ProcessEnv): Ran {
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', lines], {
    cwd,
    env,
    input: '',
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A stand-in for a program: it writes the words that it is given into `words` in the working directory, and exits with $EXIT. */
const recorder = `#!/bin/bash
printf '%s\\0' "$@" > words
exit "\${EXIT:-0}"
`;

/** Writes the stand-in to a path in a directory, so that it can be run. */
export function writeRecorder(directory: string, path: string): void {
  writeFiles(directory, { [path]: recorder });
  spawnSync('chmod', ['755', join(directory, path)]);
}

/** What the stand-in was given, if it was run. */
export function wordsIn(cwd: string): string[] | undefined {
  const file = join(cwd, 'words');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\0').slice(0, -1) : undefined;
}

/** What a shell that reads its input as commands, a program that reads it as an option, or a runner that reads lines falls for. */
export const hostile = [
  '; touch x',
  '$(touch x)',
  '`touch x`',
  "'; touch x; '",
  '"; touch x; "',
  '& touch x &',
  '| touch x',
  '$PATH',
  '--help',
  '--json --offline',
  '*',
  'a b',
  '\\',
];

/** What a source, a line of the input, makes of the command line. */
export const sourceWords: [source: string, words: string[]][] = [
  ['sample', ['--sample=flat', '--']],
  ['sample:nnt-4.26', ['--sample=nnt-4.26', '--']],
  ['4.20.1-14', ['--mft=4.20.1-14', '--']],
  ['latest', ['--mft=latest', '--']],
  ['4.20.1-14,4.22.1-526, latest', ['--mft=4.20.1-14,4.22.1-526,latest', '--']],
  ['4.20.1-14\nlatest\n', ['--mft=4.20.1-14', '--mft=latest', '--']],
  ['mft-4.20.1-14-x86_64-deb.tgz', ['--', 'mft-4.20.1-14-x86_64-deb.tgz']],
  ['./latest', ['--', './latest']],
  ['https://example.org/a b?c=$d&e', ['--', 'https://example.org/a b?c=$d&e']],
  ['  a.deb\n\n\tb.tgz  \r\n'.replace('\r', ''), ['--', 'a.deb', 'b.tgz']],
];
