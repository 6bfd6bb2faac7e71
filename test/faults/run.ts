/** What the fault tests share: a directory, repeatable random numbers, the program as a process and in this one. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSample, packSample } from '../../build/bundle/sample.js';
import { resolveSource } from '../../build/bundle/vendor-package.js';
import { kernelOf } from '../../build/cli/values.js';
import { build } from '../../build/commands/build.js';
import type { Context } from '../../build/context.js';
import type { BuildDocument } from '../../build/documents/index.js';

export const cli = fileURLToPath(new URL('../../build/cli.js', import.meta.url));
export const directory = mkdtempSync(join(tmpdir(), 'mft-patch-faults-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Prints a line of the result. */
export type Report = (line: string) => void;

let places = 0;
/** A path in the directory of this run. Its parent is a directory of its own. */
export function newPlace(): string {
  const parent = join(directory, `place-${places++}`);
  mkdirSync(parent);
  return join(parent, 'out');
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs a bash script. @returns its output @throws Error if it fails */
export function sh(script: string, ...args: string[]): string {
  return execFileSync('bash', ['-euo', 'pipefail', '-c', script, 'bash', ...args], { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
}

/** How a process ended. */
export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface StartOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export function start(program: string, args: readonly string[], options: StartOptions = {}): Started {
  const begin = performance.now();
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, ...output, seconds: (performance.now() - begin) / 1000 }));
  });
  return { child, ended };
}

/** Starts the program. */
export function startCli(args: readonly string[], options?: StartOptions): Started {
  return start(process.execPath, [cli, ...args], options);
}

/** The options of a build. */
export interface BuildOptions {
  sample?: true;
  bundle?: string;
  /** Undefined for all kernels. */
  kernel?: string;
  maxKernel?: string;
  repackBundle?: true;
  withUserland?: true;
}

/** The command line of a build. */
export function argsOf({ sample, bundle, kernel, maxKernel, repackBundle, withUserland }: BuildOptions, out: string): string[] {
  return [
    ...['build', '--no-verify', '--quiet', '--out', out],
    ...(sample ? ['--sample'] : []),
    ...(bundle === undefined ? [] : ['--bundle', bundle]),
    ...(kernel === undefined ? [] : ['--kernel', kernel]),
    ...(maxKernel === undefined ? [] : ['--max-kernel', maxKernel]),
    ...(repackBundle ? ['--repack-bundle'] : []),
    ...(withUserland ? ['--with-userland'] : []),
  ];
}

/** Builds in this process, which saves the start of another one. */
export async function buildHere({ sample, bundle, kernel, maxKernel, ...extras }: BuildOptions, out: string): Promise<BuildDocument> {
  const context: Context = {
    ...{ env: process.env, signal: new AbortController().signal, cacheDir: join(directory, 'cache'), offline: true },
    ...{ lockfile: join(directory, 'mft-patch.lock'), own: { patches: [] }, inputs: new Set<string>() },
    ...{ progress: () => {}, warn: () => {}, debug: () => {} },
  };
  const source = await resolveSource(bundle === undefined ? { sample: sample ?? false } : { bundle }, context);
  return build(
    {
      source,
      kernel: await kernelOf(kernel === undefined ? {} : { kernel: [kernel] }, context),
      maxKernel,
      out,
      extras: { withUserland: extras.withUserland ?? false, repackBundle: extras.repackBundle ?? false },
      modules: undefined,
      provenance: false,
      verify: 'no',
      settings: { timeout: 60, memory: '2g', processes: 2048, disk: '4g' },
    },
    context,
  );
}

/** Makes a bundle like the vendor's, with that many megabytes of tools and the sample's package. @returns its path */
export async function makeBundle(megabytes: number): Promise<string> {
  const { name, bytes } = packSample(await loadSample('flat'));
  const path = join(dirname(newPlace()), name);
  writeFileSync(join(directory, 'sample.tgz'), bytes);
  const script = `rm -rf tree && mkdir tree && tar xzf sample.tgz -C tree && cd tree/* && mkdir -p DEBS
    head -c "$2" /dev/urandom > DEBS/mft_4.15.1-0sample_amd64.deb && cd .. && tar czf "$1" *`;
  sh(script, path, String(megabytes * 1e6));
  return path;
}

/** Makes a bundle of MFT 9.9.9-1, a release that nobody knows the digest of, as makeBundle does. @returns its path */
export async function makeUnknownRelease(megabytes: number): Promise<string> {
  const path = await makeBundle(megabytes);
  const script = `rm -rf tree && mkdir tree && tar xzf "$1" -C tree && cd tree/*
    dpkg-deb -R SDEBS/*.deb package && rm SDEBS/*.deb && sed -i 's/^Version: .*/Version: 9.9.9-1/' package/DEBIAN/control
    dpkg-deb -b package SDEBS/kernel-mft-dkms_9.9.9-1_all.deb && rm -r package && cd .. && tar czf "$1" *`;
  sh(script, path);
  return path;
}

/** Starts a server that does not keep this process alive. @returns its URL */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
