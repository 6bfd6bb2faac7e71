/** What the kernel has loaded, what mst has made of it, and what the kernel says of our modules. */
import type { Check, Cure } from '../documents/index.js';
import { asRoot, checked } from './cures.js';
import type { Machine } from './machine.js';
import { moduleNames } from './module-files.js';

export interface Loaded {
  /** Of our modules. */
  modules: string[];
  /** The names in /dev/mst. */
  devices: string[];
  /** The kernel's lines about our modules, or about modules that it refused; undefined if only root may read them. */
  log?: string[];
}

const refusal = /key was rejected|PKCS#7 signature not signed|unsigned module|Loading of (unsigned )?module/i;

export async function readLoaded(machine: Machine): Promise<Loaded> {
  const modules = ((await machine.text('/proc/modules')) ?? '').split('\n').map((line) => line.split(' ')[0] ?? '');
  const devices = (await machine.names('/dev/mst')).filter((name) => !['CABLES', 'SW'].includes(name));
  const { exitCode, stdout } = await machine.run('dmesg');
  const lines = stdout.split('\n').map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim());
  const ours = lines.filter((line) => /\bmst_pci(conf)?\b/.test(line) || refusal.test(line));
  return { modules: moduleNames.filter((name) => modules.includes(name)), devices, ...(exitCode === 0 ? { log: ours } : {}) };
}

export interface LoadedQuestion {
  loaded: Loaded;
  /** The modules are built for the running kernel, and it would load them. */
  areReady: boolean;
  /** The vendor's tools, which have mst, are installed. */
  hasTools: boolean;
}

export function judgeLoaded({ loaded: { modules, devices }, areReady, hasTools }: LoadedQuestion): Check {
  const start = hasTools ? asRoot('mst start') : asRoot(`modprobe -a ${moduleNames.join(' ')}`);
  if (modules.length < moduleNames.length) {
    const missing = moduleNames.filter((name) => !modules.includes(name)).join(', ');
    if (!areReady) return checked('loaded', 'unknown', `${missing}: not loaded; first the lines above`);
    return checked('loaded', 'note', `${missing}: not loaded`, [start]);
  }
  const [first] = devices;
  if (first === undefined) return checked('loaded', 'note', `${modules.join(', ')}; /dev/mst is empty`, hasTools ? [start] : []);
  return checked('loaded', 'ok', `${modules.join(', ')}; /dev/mst: ${devices.slice(0, 3).join(', ')}${devices.length > 3 ? ', …' : ''}`);
}

/** The longest line of the kernel that is quoted, in characters. */
const longestQuote = 70;

/** @param again builds the modules again */
export function judgeLog({ log, modules }: Loaded, again: Cure[]): Check {
  if (log === undefined)
    return { ...checked('log', 'unknown', 'the kernel log is for root'), root: 'whether the kernel refused a module, and why' };
  const bad = log.findLast(
    (line) => refusal.test(line) || /version magic|Unknown symbol|disagrees about|Invalid module format/i.test(line),
  );
  if (bad === undefined) return checked('log', 'ok', 'the kernel has refused no module');
  if (modules.length === moduleNames.length) return checked('log', 'ok', 'what the kernel refused earlier is loaded now');
  const quote = bad.length > longestQuote ? `${bad.slice(0, longestQuote - 1)}…` : bad;
  // A signature is the business of the line signing-key.
  if (refusal.test(bad)) return checked('log', 'note', `'${quote}'`);
  return again.length > 0 ? checked('log', 'fault', `'${quote}'`, again) : checked('log', 'note', `'${quote}'`);
}
