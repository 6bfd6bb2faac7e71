/** What the harness shares: a folder, chance that can be repeated, the program as a process and in this one. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packSample } from '../build/bundle/sample.js';
import { build } from '../build/commands/build.js';
import { loadSample } from '../build/catalogue.js';

export const cli = fileURLToPath(new URL('../build/cli.js', import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), 'mft-patch-faults-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

let places = 0;
/** A path in the harness's folder whose parent is a folder of its own. */
export function newPlace() {
  const parent = join(folder, `place-${places++}`);
  mkdirSync(parent);
  return join(parent, 'out');
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const sh = (script, ...args) =>
  execFileSync('bash', ['-euo', 'pipefail', '-c', script, 'bash', ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

/** Starts a program. @returns the process, and how it will have ended */
export function start(program, args, options = {}) {
  const begin = performance.now();
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const result = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, ...result, seconds: (performance.now() - begin) / 1000 }));
  });
  return { child, ended };
}

/** Starts mft-patch. */
export const startCli = (args, options) => start(process.execPath, [cli, ...args], options);

/** Builds in this process, which is quicker by the start of another. */
export function buildHere(options) {
  const context = { env: process.env, signal: new AbortController().signal, cacheDir: join(folder, 'cache'), offline: true };
  const silent = { progress: () => {}, warn: () => {}, debug: () => {} };
  return build({ verify: false, timeout: 60, ...options }, { ...context, ...silent });
}

/** A bundle as the vendor's, with so many megabytes of tools beside the sample's package. @returns its path */
export async function makeBundle(megabytes) {
  const { name, bytes } = packSample(await loadSample('flat'));
  const path = join(dirname(newPlace()), name);
  writeFileSync(join(folder, 'sample.tgz'), bytes);
  const script = `rm -rf tree && mkdir tree && tar xzf sample.tgz -C tree && cd tree/* && mkdir -p DEBS
    head -c "$2" /dev/urandom > DEBS/mft_4.20.1-0sample_amd64.deb && cd .. && tar czf "$1" *`;
  sh(script, path, String(megabytes * 1e6));
  return path;
}
