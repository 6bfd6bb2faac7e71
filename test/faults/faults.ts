/**
 * Breaks the program in every way that its promises cover, and judges what is left: `npm run faults` prints what was done
 * and every fault, and exits 1 if there is one. `npm run faults -- kills 200 7` runs one part, with a number and a seed.
 */
import { spawnSync } from 'node:child_process';
import { errors } from './errors.js';
import { kills } from './kills.js';
import { killsAt } from './kills-at.js';
import { power } from './power.js';
import { signals } from './signals.js';
import { atOnce } from './together.js';

type Part = (number: number | undefined, seed: number) => Promise<{ bad: string[]; late?: string[] }>;

const hasDocker = spawnSync('docker', ['version']).status === 0;
const withoutDocker = ['build --repack-bundle', 'fetch from a slow server'];

/** The parts by name, each with what its number means. */
const parts = new Map<string, { number: string; run: Part }>([
  ['kills', { number: 'how many builds are killed', run: (count = 1000, seed) => kills(count, seed) }],
  ['kills-at', { number: 'the share of the system calls', run: (share) => killsAt(share) }],
  ['errors', { number: 'the share of the errors', run: (share) => errors(share, hasDocker ? undefined : ['build', 'fetch', 'reports']) }],
  [
    'signals',
    { number: 'how many runs get a signal', run: (count = 100, seed) => signals(count, seed, hasDocker ? undefined : withoutDocker) },
  ],
  ['power', { number: 'how often the power is cut', run: (count = 150, seed) => power(count, seed) }],
  ['at-once', { number: 'how many rounds', run: (rounds = 10, seed) => atOnce(rounds, seed, hasDocker) }],
]);

function usage(): string {
  const lines = [...parts].map(([name, { number }]) => `  ${name.padEnd(9)} number: ${number}\n`);
  return `usage: npm run faults -- [part [number [seed]]]\n${lines.join('')}`;
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}

const args = process.argv.slice(2);
const [wanted, number, seed = '1'] = args;
if (args.includes('--help')) {
  process.stdout.write(usage());
  process.exit();
}
if (args.length > 3 || (wanted !== undefined && !parts.has(wanted)) || ![number ?? '1', seed].every(isNumber)) {
  process.stderr.write(usage());
  process.exit(2);
}
if (!hasDocker) console.log('no docker: nothing is verified, no log is written, no container is interrupted');
let bad = 0;
for (const [name, { run }] of parts) {
  if (wanted !== undefined && wanted !== name) continue;
  const begin = performance.now();
  const found = await run(number === undefined ? undefined : Number(number), Number(seed));
  bad += found.bad.length + (found.late?.length ?? 0);
  console.log(`  ${((performance.now() - begin) / 1000).toFixed(0)} s`);
}
process.exitCode = bad === 0 ? 0 : 1;
