/** What tests share: a context without a terminal, the program as a process, folders, packages made by dpkg-deb. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, inject } from 'vitest';
import { findPackage } from '../src/bundle/find-package.js';
import { loadSample, packSample } from '../src/bundle/sample.js';
import type { Context } from '../src/context.js';
import { type Failure, MftPatchError } from '../src/errors.js';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));
export const cliPath = join(projectRoot, 'build/cli.js');

export interface Told {
  warnings: string[];
  steps: string[];
}

/** A context that keeps what it is told in `told`. */
export function testContext(changes: Partial<Context> = {}): Context & { told: Told } {
  const told: Told = { warnings: [], steps: [] };
  return {
    env: process.env,
    signal: new AbortController().signal,
    cacheDir: join(tmpdir(), 'mft-patch-test-cache'),
    lockfile: resolve('mft-patch.lock'),
    own: { patches: [] },
    offline: true,
    inputs: new Set(),
    progress: ({ text }) => told.steps.push(text),
    warn: (text) => told.warnings.push(text),
    debug: () => {},
    told,
    ...changes,
  };
}

/** A directory that is removed after the test file. */
export function makeDirectory(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mft-patch-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their paths, making the directories on the way. */
export function writeFiles(folder: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Runs a program to its end; fails loudly unless it exits 0. */
export function sh(command: string, options: { cwd?: string; input?: Buffer | string; env?: NodeJS.ProcessEnv } = {}): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', command], {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
    ...options,
  });
  if (status !== 0) throw new Error(`${command}: exit ${status}: ${stderr}`);
  return stdout;
}

export interface CliResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Another cli.js than that of the project. */
  program?: string;
  /** Told the process, which its containers have in their names. */
  onStart?: (pid: number | undefined) => void;
}

/** Runs the built program as a user does, without blocking the servers of the test. */
export function runCli(args: string[], { onStart, program = cliPath, env = process.env, ...options }: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    // What a CI service gets besides is tested by itself.
    const quiet = { ...env, CI: '', GITHUB_ACTIONS: '' };
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options, env: quiet });
    onStart?.(child.pid);
    const result: CliResult = { status: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      result.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      result.stderr += chunk;
    });
    child.on('error', reject).on('close', (status) => resolve({ ...result, status }));
  });
}

/** The failure that the work ends in; an error of the test if it succeeds or throws something else. */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof MftPatchError) return error.failure;
    throw error;
  }
  throw new Error('it succeeded, but a failure was expected');
}

export async function* stream(...chunks: Buffer[]): AsyncIterable<Buffer> {
  yield* chunks;
}

/** A sample as a bundle, and the package in it; by another version than its own, if one is given. */
export async function sample(generation = 'flat', version?: string): Promise<{ bundle: Buffer; deb: Buffer; name: string }> {
  const files = await loadSample(generation);
  const control =
    files
      .get('DEBIAN/control')
      ?.toString('utf8')
      .replace(/^Version:.*/m, `Version: ${version}`) ?? '';
  const { bytes, name } = packSample(version === undefined ? files : new Map([...files, ['DEBIAN/control', Buffer.from(control)]]));
  const found = await findPackage(stream(bytes), { path: name, whole: true, signal: new AbortController().signal });
  return { bundle: bytes, deb: found.bytes, name: found.member.replace(/^.*\//, '') };
}

/** A directory with a sample's dkms source. */
export async function sampleSource(layout = 'flat'): Promise<string> {
  const folder = makeDirectory();
  for (const [path, bytes] of await loadSample(layout)) {
    if (path.startsWith('source/')) writeFiles(folder, { [path.slice('source/'.length)]: bytes });
  }
  return folder;
}

/** Why a kind of test cannot run here; empty if it can. */
export function missing(what: 'tools' | 'docker' | 'podman' | 'browser'): string {
  return inject('missing')[what];
}
