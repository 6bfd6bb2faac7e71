/** The builds that are interrupted: what is built, and over which older output. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { faultsOf, hidden, linesOf, type State, stateOf } from './judge.js';
import { type BuildOptions, buildHere, directory, type Ended, makeBundle, newPlace } from './run.js';

mkdirSync(join(directory, 'cache'), { recursive: true });

interface ScenarioOptions {
  name: string;
  /** The build that made the old output, if there is one. */
  old?: BuildOptions;
  /** The build that is interrupted. */
  next: BuildOptions;
}

/** A scenario with the directory that it begins with, and what a whole output looks like. */
export interface Scenario extends ScenarioOptions {
  /** The directory that it begins with; it may not exist. */
  template: string;
  /** The lines of SHA256SUMS before, if there are any, and after. */
  before: string[] | undefined;
  after: string[];
  /** The digests of whole packages and bundles. */
  known: Set<string>;
}

async function scenarios(megabytes: number): Promise<ScenarioOptions[]> {
  const bundle = await makeBundle(megabytes);
  return [
    { name: 'into an empty place', next: { sample: true, kernel: '5.18' } },
    { name: 'over another name', old: { sample: true, kernel: '5.18' }, next: { sample: true } },
    {
      name: 'over the same name',
      old: { bundle, kernel: '5.18', repackBundle: true },
      next: { bundle, repackBundle: true },
    },
    { name: 'with companions', next: { bundle, kernel: '5.18', repackBundle: true, withUserland: true } },
  ];
}

/** @param megabytes of tools in the bundle */
export async function prepareScenarios(megabytes: number): Promise<Scenario[]> {
  const prepared: Scenario[] = [];
  for (const scenario of await scenarios(megabytes)) {
    const [template, whole] = [newPlace(), newPlace()];
    if (scenario.old) {
      await buildHere(scenario.old, template);
      cpSync(template, whole, { recursive: true });
    }
    await buildHere(scenario.next, whole);
    const known = new Set([...sumsIn(template), ...sumsIn(whole)]);
    // With nothing to change no kill would show anything.
    if (sumsIn(template).join() === sumsIn(whole).join()) throw new Error(`${scenario.name}: the new output is the old one`);
    prepared.push({ ...scenario, template, before: linesOf(template), after: linesOf(whole) ?? [], known });
  }
  return prepared;
}

function sumsIn(path: string): string[] {
  return (linesOf(path) ?? []).map((line) => line.slice(0, 64));
}

/** A place as the scenario begins with. */
export function placeFor({ template }: Scenario): string {
  const out = newPlace();
  if (existsSync(template)) cpSync(template, out, { recursive: true });
  return out;
}

export interface KillVerdict {
  /** When the kill happened: in relation to the writing. */
  fell: 'before' | 'during' | 'after';
  state: State;
  faults: string[];
}

/** Judges a place after a kill, and again after the next build. Removes it. */
export async function judgeKilled(scenario: Scenario, out: string, { status }: Pick<Ended, 'status'>): Promise<KillVerdict> {
  const { before, after, known, next } = scenario;
  const state = stateOf(out, before, after);
  const faults = faultsOf(out, known);
  if (state === 'neither') faults.push(`has neither the old nor the new output: ${linesOf(out)?.join(' ') ?? 'no SHA256SUMS'}`);
  const left = leftIn(out);
  const isTouched = left.length > 0 || state !== 'old' || listing(out) !== listing(scenario.template);
  const fell = status === 0 || (state === 'new' && left.length === 0) ? 'after' : isTouched ? 'during' : 'before';
  await buildHere(next, out);
  if (stateOf(out, before, after) !== 'new') faults.push('the next build does not complete it');
  faults.push(...faultsOf(out, known).map((fault) => `after the next build ${fault}`));
  const remains = leftIn(out);
  if (remains.length > 0) faults.push(`the next build leaves ${remains.join(', ')}`);
  rmSync(dirname(out), { recursive: true });
  return { fell, state, faults };
}

/** What is hidden in a place and beside it. */
export function leftIn(out: string): string[] {
  return [...hidden(out), ...hidden(dirname(out))];
}

function listing(path: string): string {
  return existsSync(path) ? readdirSync(path).sort().join() : '';
}
