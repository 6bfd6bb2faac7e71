/**
 * Breaks the program in every way that its promises speak of, and judges what is left: `npm run faults` prints what was done
 * and every deviation, and exits 1 if there is one. `npm run faults -- kills 200 7` does one part, with a number and a seed.
 */
import { spawnSync } from 'node:child_process';
import { errors } from './errors.js';
import { kills } from './kills.js';
import { killsAt } from './kills-at.js';
import { signals } from './signals.js';
import { atOnce } from './together.js';

const [wanted, number, seed = '1'] = process.argv.slice(2);
const hasDocker = spawnSync('docker', ['version']).status === 0;
if (!hasDocker) console.log('no docker: nothing is verified, so no log is written, no container interrupted');
const withoutDocker = ['build --repack-bundle', 'fetch from a slow server'];

const parts = {
  kills: (count = 1000) => kills(count, Number(seed)),
  'kills-at': (share = 1) => killsAt(share),
  errors: (share = 1) => errors(share, hasDocker ? undefined : ['build', 'fetch', 'reports']),
  signals: (count = 100) => signals(count, Number(seed), hasDocker ? undefined : withoutDocker),
  'at-once': (rounds = 10) => atOnce(rounds, Number(seed), hasDocker),
};
let bad = 0;
for (const [name, part] of Object.entries(parts)) {
  if (wanted !== undefined && wanted !== name) continue;
  const begin = performance.now();
  bad += (await part(number === undefined ? undefined : Number(number))).bad.length;
  console.log(`  ${((performance.now() - begin) / 1000).toFixed(0)} s`);
}
process.exitCode = bad === 0 ? 0 : 1;
