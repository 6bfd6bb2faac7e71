/** Builds at once into one folder, also while others are killed; and matrices. */
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { faultsOf, hidden, linesOf } from './judge.js';
import { argsOf } from './kills.js';
import { buildHere, makeBundle, newPlace, random, startCli } from './run.js';

/** Starts all at once, kills some after a moment. @returns what is wrong: with those that were let be, and with the folder */
async function together(out, commands, isKilled = () => false, chance = Math.random) {
  const runs = commands.map((args, index) => {
    const { child, ended } = startCli(args);
    if (isKilled(index)) setTimeout(chance() * 800).then(() => child.kill('SIGKILL'));
    return ended;
  });
  const results = await Promise.all(runs);
  const faults = faultsOf(out);
  for (const [index, { status, stderr }] of results.entries())
    if (!isKilled(index) && status !== 0) faults.push(`number ${index} ends with ${status}: ${stderr.trim()}`);
  const listed = (linesOf(out) ?? []).map((line) => line.slice(66));
  for (const [index, { status, stdout }] of results.entries()) {
    if (isKilled(index) || status !== 0) continue;
    for (const name of namesIn(JSON.parse(stdout)))
      if (!listed.includes(name)) faults.push(`SHA256SUMS does not list ${name} of number ${index}`);
  }
  if (results.some((_, index) => isKilled(index))) await buildHere({ sample: true, out });
  const left = [...hidden(out), ...hidden(dirname(out))];
  if (left.length > 0) faults.push(`leaves ${left.join(', ')}`);
  return faults;
}

/** The files that a build or a matrix says that it has written. */
function namesIn({ artifacts, cells }) {
  const paths = artifacts?.map(({ path }) => path) ?? cells.map(({ patched }) => patched.artifact);
  return paths.map((path) => path.replace(/^.*\//, ''));
}

/** @param rounds how many times each; matrices once, where docker is */
export async function atOnce(rounds, seed, withMatrix, report = console.log) {
  const chance = random(seed);
  const bundle = await makeBundle(1);
  const kernels = ['5.10', '5.18', 'all'];
  const build = (out, options) => [...argsOf(options, out), '--json'];
  const of = (index) => (kernels[index % 3] === 'all' ? {} : { kernel: kernels[index % 3] });
  const companions = { bundle, repackBundle: true, withUserland: true };
  const cases = {
    'two of one kernel': (out) => [2, () => build(out, { sample: true, kernel: '5.18' })],
    'two of two kernels': (out) => [2, (i) => build(out, { sample: true, ...of(i) })],
    'five of three kernels': (out) => [5, (i) => build(out, { sample: true, ...of(i) })],
    'five with companions': (out) => [5, (i) => build(out, { ...companions, ...of(i) })],
    'six, three of them killed': (out) => [6, (i) => build(out, { ...companions, ...of(i) }), (i) => i % 2 === 1],
  };
  const bad = [];
  const lines = [];
  for (const [name, plan] of Object.entries(cases)) {
    for (let round = 0; round < rounds; round++) {
      const out = newPlace();
      // In every other round the folder is there already.
      if (round % 2 === 1) await buildHere({ sample: true, kernel: '4.19', out });
      const [count, command, isKilled] = plan(out);
      const faults = await together(
        out,
        Array.from({ length: count }, (_, i) => command(i)),
        isKilled,
        chance,
      );
      if (faults.length > 0) bad.push(`${name}, round ${round}: ${faults.join('; ')}`);
    }
    lines.push(`${name.padEnd(26)} ${rounds} rounds`);
  }
  if (withMatrix) {
    const out = newPlace();
    const matrix = (kernels) => ['matrix', '--sample', '--kernels', kernels, '--out', out, '--json', '--quiet'];
    const faults = await together(out, [matrix('debian-11,debian-12'), matrix('debian-12,debian-13')]);
    if (faults.length > 0) bad.push(`two matrices: ${faults.join('; ')}`);
    lines.push(`${'two matrices'.padEnd(26)} 1 round`);
  }
  report(`at once: seed ${seed}, ${bad.length} bad`);
  for (const line of lines) report(`  ${line}`);
  for (const line of bad) report(`  BAD ${line}`);
  return { bad };
}
