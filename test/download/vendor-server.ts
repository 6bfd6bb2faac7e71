/** A stand-in for the vendor's server on this machine, and the program run against it. */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import { type CliResult, cliPath } from '../support.js';

/** @returns the server's URL, without a slash at its end */
export async function vendorServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface Run {
  signal(name: NodeJS.Signals): void;
  /** Resolves when stderr says so for the first time. */
  said(words: string): Promise<void>;
  /** How it ended, and in how many seconds; killed after `limit`, its status is null then. */
  ended: Promise<CliResult & { seconds: number }>;
}

/** Starts the program; `limit` in seconds. */
export function start(args: string[], limit = 20, program = cliPath, cwd = tmpdir()): Run {
  const begin = performance.now();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd });
  const killer = setTimeout(() => child.kill('SIGKILL'), limit * 1000);
  const result: CliResult = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  const ended = new Promise<CliResult & { seconds: number }>((resolve) =>
    child.on('close', (status) => {
      clearTimeout(killer);
      resolve({ ...result, status, seconds: (performance.now() - begin) / 1000 });
    }),
  );
  const said = (words: string) =>
    new Promise<void>((resolve) => {
      const look = () => result.stderr.includes(words) && resolve();
      child.stderr.on('data', look).on('close', resolve);
      look();
    });
  return { signal: (name) => child.kill(name), said, ended };
}
