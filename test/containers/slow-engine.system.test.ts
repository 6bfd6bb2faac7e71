/** An engine that takes its time: a stand-in, since no real one is slow on demand. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { makeDirectory, runCli, writeFiles } from '../support.js';

/** It has every image, runs for ever, and removes a container only when the test lets it. */
const standIn = `#!/bin/sh
case $1 in
	version) echo 20.10.24 amd64 ;;
	image) echo '[{"Id":"sha256:1","Created":"2026-11-01T00:00:00Z","Config":{"Labels":{"mft-patch.release":"6.1.0-50-amd64"}}}]' ;;
	run) trap '' TERM; touch "$MARKS/running"; sleep 60 ;;
	rm) until [ -e "$MARKS/let-go" ]; do sleep 0.1; done; touch "$MARKS/removed" ;;
esac
`;

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the run while the engine is still removing the container', async (signal) => {
  const folder = makeDirectory();
  writeFiles(folder, { 'bin/docker': standIn });
  chmodSync(join(folder, 'bin/docker'), 0o755);
  const marks = join(folder, 'marks');
  mkdirSync(marks);
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, MARKS: marks };
  let pid = 0;
  const args = ['build', '--kernel', 'debian-12', '--sample', '--json', '--out', join(folder, 'out'), '--engine', 'docker'];
  const run = runCli(args, { env, onStart: (started) => (pid = started ?? 0) });
  while (!existsSync(join(marks, 'running'))) await setTimeout(20);
  process.kill(pid, signal);
  const { status, stdout, stderr } = await run;
  expect(existsSync(join(marks, 'removed'))).toBe(false);
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 130, code: 'interrupted', isPending: true });
  expect(stderr).toContain('may still be removing a container');
  // The engine ends by itself.
  writeFiles(marks, { 'let-go': '' });
  for (let tries = 0; tries < 1200 && !existsSync(join(marks, 'removed')); tries++) await setTimeout(50);
  expect(existsSync(join(marks, 'removed'))).toBe(true);
});
