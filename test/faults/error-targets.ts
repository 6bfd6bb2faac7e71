/** The commands whose writing is made to fail, with the paths that they write to and what must hold afterwards. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Cache } from '../../build/download/cache.js';
import { pathsOf } from './inject.js';
import { faultsOf, nameIn, type State, stateOf } from './judge.js';
import { argsOf, buildHere, makeUnknownRelease, newPlace, serve } from './run.js';
import { placeFor, prepareScenarios } from './scenarios.js';

export interface ErrorTarget {
  name: string;
  /** Makes the place that the command runs in. */
  make(): string;
  args(out: string): string[];
  /** The paths that the command writes to. */
  paths(out: string): string[];
  /** What is wrong with the place afterwards. @param isRemoval whether the call that failed was to remove something */
  judge(out: string, status: number | null, isRemoval: boolean): string[];
}

const makers = new Map<string, (name: string) => Promise<ErrorTarget[]>>([
  ['build', buildTargets],
  ['fetch', fetchTarget],
  ['reports', reportTarget],
  ['log of verify', logTarget],
]);

/** @param wanted their names; undefined for all */
export async function errorTargets(wanted?: readonly string[]): Promise<ErrorTarget[]> {
  const targets: ErrorTarget[] = [];
  for (const [name, make] of makers) if (!wanted || wanted.includes(name)) targets.push(...(await make(name)));
  return targets;
}

async function buildTargets(): Promise<ErrorTarget[]> {
  const scenarios = await prepareScenarios(0.1);
  return scenarios.map((scenario) => {
    const { before, after, known } = scenario;
    const names = [...after, ...(before ?? [])].map(nameIn);
    const records = names.map((name) => name.replace(/\.deb$/, '.build.json'));
    return {
      name: `build ${scenario.name}`,
      make: () => placeFor(scenario),
      args: (out) => [...argsOf(scenario.next, out), '--json'],
      paths: (out) => pathsOf(out, [...new Set([...names, ...records, 'SHA256SUMS'])]),
      judge: (out, status) => {
        const state = stateOf(out, before, after);
        const faults = faultsOf(out, known);
        // Where a file gets other bytes, its old checksum and record are removed first.
        const allowed: State[] = status === 0 ? ['new'] : ['old', 'new', 'withdrawn'];
        return allowed.includes(state) ? faults : [...faults, `has the output '${state}'`];
      },
    };
  });
}

/** A download of a bundle whose digest is unknown: it goes into the cache, and its digest into mft-patch.lock. */
async function fetchTarget(name: string): Promise<ErrorTarget[]> {
  const bundle = readFileSync(await makeUnknownRelease(0.1));
  const sum = createHash('sha256').update(bundle).digest('hex');
  const mirror = await serve((_, response) => {
    response.setHeader('content-length', bundle.length).setHeader('etag', '"1"').end(bundle);
  });
  const key = Cache.key(`${mirror}/mft-9.9.9-1-x86_64-deb.tgz`);
  const release = Cache.key('MFT 9.9.9-1 x86_64');
  const own = [`bundles/${sum}.tgz`, `urls/${key}`, `urls/${release}`, `names/${sum}`, `locks/${key}`, `locks/${key}~00000000`];
  const files = ['bundles', 'urls', 'names', 'parts', 'locks', ...own];
  const parts = ['', '.json', '.url', '.own'].map((end) => `parts/${key}.part${end}`);
  return [
    {
      name,
      make: newPlace,
      args: (out) => [
        ...['fetch', '--mft', '9.9.9-1', '--arch', 'x86_64', '--mirror', mirror],
        ...['--json', '--quiet', '--cache-dir', out],
      ],
      paths: (out) => [...[...files, ...parts].map((file) => join(out, file)), out, ...pathsOf(dirname(out), ['mft-patch.lock'])],
      judge: (out, status, isRemoval) => {
        const [cached, lock, locks] = [join(out, 'bundles', `${sum}.tgz`), join(dirname(out), 'mft-patch.lock'), join(out, 'locks')];
        const isLocked = existsSync(locks) && readdirSync(locks).length > 0;
        return [
          existsSync(cached) && !readFileSync(cached).equals(bundle) && 'the cache has other bytes than the bundle',
          existsSync(lock) && !readFileSync(lock, 'utf8').includes(sum) && 'mft-patch.lock does not have the digest',
          status === 0 && !(existsSync(lock) && existsSync(cached)) && 'the bundle or its digest is missing',
          !isRemoval && isLocked && 'a lock is left',
        ].filter((fault) => fault !== false);
      },
    },
  ];
}

/** The reports of a matrix, written over older ones. */
async function reportTarget(name: string): Promise<ErrorTarget[]> {
  const on = {
    package: 'a'.repeat(64),
    patches: [],
    image: `sha256:${'1'.repeat(64)}`,
    imageCreated: '2026-11-22T09:00:00.000Z',
    program: { version: '0.1.0', sha256: 'f'.repeat(64) },
    engine: 'docker 20.10.24',
    architecture: 'amd64',
    options: { boot: false, package: 'universal' },
    date: '2026-11-24T10:30:00.000Z',
  };
  const cell = {
    ...{ target: 'debian-12', kernel: '6.1', release: '6.1', patches: [] },
    patched: { status: 'builds', seconds: 1, log: '', artifact: '', on },
  };
  const document = { schema: 'mft-patch/matrix@1', mft: { version: '1', revision: '1' }, cells: [cell] };
  const reports = ['out.json', 'out.md', 'out.html', 'out.xml'];
  const isWhole = (text: string) => text === 'old' || /builds|<testcase/.test(text);
  const run = (out: string) => join(dirname(out), 'run.json');
  return [
    {
      name,
      make: () => {
        const out = newPlace();
        mkdirSync(out);
        for (const report of reports) writeFileSync(join(out, report), 'old');
        writeFileSync(run(out), JSON.stringify(document));
        return out;
      },
      args: (out) => ['matrix', '--json', '--merge', run(out), ...reports.flatMap((file) => ['--report', join(out, file)])],
      paths: (out) => pathsOf(out, reports),
      judge: (out) => reports.filter((file) => !isWhole(readFileSync(join(out, file), 'utf8'))).map((file) => `${file} is half written`),
    },
  ];
}

/** The log of a verification. It needs docker. */
async function logTarget(name: string): Promise<ErrorTarget[]> {
  const { artifacts } = await buildHere({ sample: true, kernel: '6.1' }, newPlace());
  const path = artifacts[0]?.path ?? '';
  const log = `${basename(path, '.deb')}.debian-12.log`;
  const copy = (out: string) => join(dirname(out), basename(path));
  const isCut = (file: string) => existsSync(file) && !readFileSync(file, 'utf8').includes('make.log');
  return [
    {
      name,
      make: () => {
        const out = newPlace();
        cpSync(path, copy(out));
        return out;
      },
      args: (out) => ['verify', copy(out), '--kernel', 'debian-12', '--json', '--quiet', '--cache-dir', out],
      paths: (out) => [out, ...pathsOf(join(out, 'logs'), [log])],
      judge: (out) => (isCut(join(out, 'logs', log)) ? ['the log is truncated'] : []),
    },
  ];
}
