/** The commands whose writing is made to fail, each with the paths that it writes to and what must be so afterwards. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { Cache } from '../build/download/cache.js';
import { pathsOf } from './inject.js';
import { faultsOf, stateOf } from './judge.js';
import { argsOf, placeFor, prepareKills } from './kills.js';
import { buildHere, makeBundle, newPlace } from './run.js';

/** @param wanted the names of those to be made; all without */
export async function errorTargets(wanted) {
  const makers = { build: buildTargets, fetch: fetchTarget, reports: reportTarget, 'log of verify': logTarget };
  const targets = [];
  for (const [name, make] of Object.entries(makers)) if (!wanted || wanted.includes(name)) targets.push(...(await make(name)));
  return targets;
}

async function buildTargets() {
  const scenarios = await prepareKills(0.1);
  return scenarios.map((scenario) => {
    const names = [...scenario.after, ...(scenario.before ?? [])].map((line) => line.slice(66));
    const records = names.map((name) => name.replace(/\.deb$/, '.build.json'));
    const judge = (out, status) => {
      const state = stateOf(out, scenario.before, scenario.after);
      const faults = faultsOf(out, scenario.known);
      // Where the bytes under a name change, what vouches for the old ones goes first.
      const allowed = status === 0 ? ['new'] : ['old', 'new', 'withdrawn'];
      return allowed.includes(state) ? faults : [...faults, `shows ${state}`];
    };
    return {
      name: `build ${scenario.name}`,
      make: () => placeFor(scenario),
      args: (out) => [...argsOf(scenario.next, out), '--json'],
      paths: (out) => pathsOf(out, [...new Set([...names, ...records, 'SHA256SUMS'])]),
      judge,
    };
  });
}

/** A download of what no digest is known for: into the cache, and noted in mft-patch.lock. */
async function fetchTarget(name) {
  const bundle = readFileSync(await makeBundle(0.1));
  const sum = createHash('sha256').update(bundle).digest('hex');
  const server = createServer((_, response) => response.setHeader('content-length', bundle.length).setHeader('etag', '"1"').end(bundle));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const mirror = `http://127.0.0.1:${server.address().port}`;
  const key = Cache.key(`${mirror}/mft-9.9.9-1-x86_64-deb.tgz`);
  const judge = (out, status, isRemoval) => {
    const [cached, lock] = [join(out, 'bundles', `${sum}.tgz`), join(dirname(out), 'mft-patch.lock')];
    const faults = [];
    if (existsSync(cached) && !readFileSync(cached).equals(bundle)) faults.push('the cache holds what is no bundle');
    if (existsSync(lock) && !readFileSync(lock, 'utf8').includes(sum)) faults.push('mft-patch.lock does not hold the digest');
    if (status === 0 && !(existsSync(lock) && existsSync(cached))) faults.push('there is no bundle, or no digest of it');
    if (!isRemoval && existsSync(join(out, 'locks')) && readdirSync(join(out, 'locks')).length > 0) faults.push('a lock is left');
    return faults;
  };
  const files = ['bundles', 'urls', 'parts', 'locks', `bundles/${sum}.tgz`, `urls/${key}`, `locks/${key}`];
  const parts = ['', '.json', '.url'].map((end) => `parts/${key}.part${end}`);
  return [
    {
      name,
      make: newPlace,
      args: (out) => [
        ...['fetch', '--mft', '9.9.9-1', '--arch', 'x86_64', '--mirror', mirror],
        ...['--json', '--quiet', '--cache-dir', out],
      ],
      paths: (out) => [...[...files, ...parts].map((file) => join(out, file)), out, ...pathsOf(dirname(out), ['mft-patch.lock'])],
      judge,
    },
  ];
}

/** Reports of a matrix, over older ones. */
function reportTarget(name) {
  const cell = {
    target: 'debian-12',
    kernel: '6.1',
    release: '6.1',
    patches: [],
    patched: { status: 'builds', seconds: 1, log: '', artifact: '' },
  };
  const document = { schema: 'mft-patch/matrix@1', mft: { version: '1', revision: '1' }, cells: [cell] };
  const reports = ['out.json', 'out.md', 'out.html', 'out.xml'];
  const make = () => {
    const out = newPlace();
    mkdirSync(out);
    for (const report of reports) writeFileSync(join(out, report), 'old');
    writeFileSync(join(dirname(out), 'run.json'), JSON.stringify(document));
    return out;
  };
  const isWhole = (text) => text === 'old' || /builds|<testcase/.test(text);
  return [
    {
      name,
      make,
      args: (out) => [
        'matrix',
        '--json',
        '--merge',
        join(dirname(out), 'run.json'),
        ...reports.flatMap((file) => ['--report', join(out, file)]),
      ],
      paths: (out) => pathsOf(out, reports),
      judge: (out) => reports.filter((file) => !isWhole(readFileSync(join(out, file), 'utf8'))).map((file) => `${file} is half written`),
    },
  ];
}

/** The log of a verification in docker, which must be there. */
async function logTarget(name) {
  const deb = newPlace();
  const { artifacts } = await buildHere({ sample: true, kernel: '6.1', out: deb });
  const [{ path }] = artifacts;
  const log = `${basename(path, '.deb')}.debian-12.log`;
  const make = () => {
    const out = newPlace();
    cpSync(path, join(dirname(out), basename(path)));
    return out;
  };
  return [
    {
      name,
      make,
      args: (out) => ['verify', join(dirname(out), basename(path)), '--kernel', 'debian-12', '--json', '--quiet', '--cache-dir', out],
      paths: (out) => [out, ...pathsOf(join(out, 'logs'), [log])],
      judge: (out) =>
        existsSync(join(out, 'logs', log)) && !readFileSync(join(out, 'logs', log), 'utf8').includes('make.log') ? ['the log is cut'] : [],
    },
  ];
}
