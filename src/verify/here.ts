/** Verification on this very machine, without a container: dkms with trees of its own, as a user. */
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { withTimeout } from '../containers/timeout.js';
import type { Context } from '../context.js';
import { type Deb, plainPath } from '../deb/deb.js';
import type { KernelVerdict } from '../documents/index.js';
import { fail } from '../errors.js';
import { seriesOf } from '../kernels/target.js';
import { projectText } from '../project-files.js';
import { osName } from '../system/os-release.js';
import { runProgram } from '../system/run-program.js';
import { writeAtomic } from '../system/stage.js';
import type { Facts } from './facts.js';
import { judge } from './judge.js';
import { provenanceOf } from './provenance.js';
import { secondsSince } from './untested.js';

/** A package to be verified on this machine. */
export interface HereVerification {
  /** The package, its file name and its bytes. */
  deb: { content: Deb; name: string; bytes: Buffer };
  /** The kernel, whose headers must be installed. */
  release: string;
  /** How long it may take, in seconds. */
  timeout: number;
}

const scripts = ['here.sh', 'dkms-sources.sh', 'check-symbols.sh'];
const none = { memory: '0', processes: 0, disk: '0' };
/** What only a package manager with the rights of root does. */
const notDone = "what apt, the kernel packages' hook and the removal do: only dkms has run";

/**
 * Builds the modules of a package with this machine's dkms, compiler and headers, installs them to a directory that is removed
 * then, and judges what was there. Nothing of the system is changed.
 *
 * @throws usage for root, whose rights the package's own scripts would have; no-input without the headers; engine-failed without dkms
 */
export async function verifyHere({ deb, release, timeout }: HereVerification, context: Context): Promise<KernelVerdict> {
  await refuseUnable(release, context);
  const start = performance.now();
  const top = await realpath(await mkdtemp(join(tmpdir(), 'mft-patch-here-')));
  try {
    await layOut(deb.content, top);
    const text = `building for ${release} on this machine with dkms`;
    context.progress({ step: 'verify', text });
    const onLine = (detail: string) => context.progress({ step: 'verify', text, detail });
    await withTimeout(timeout, 'dkms on this machine', context, (limited) =>
      runProgram('bash', [join(top, 'here.sh'), top, release], { onLine }, limited),
    );
    const facts = await factsIn(join(top, 'facts'), top);
    return await verdictOf({ deb, release, timeout }, facts, start, context);
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

async function verdictOf({ deb, release }: HereVerification, facts: Facts, start: number, context: Context): Promise<KernelVerdict> {
  const log = join(context.cacheDir, 'logs', `${deb.name.replace(/\.deb$/, '')}.here-${release}.log`);
  const parts = ['install', 'make'].map((name) => `==> ${name} <==\n${facts.get(`${name}.log`) ?? ''}\n`);
  await writeAtomic(log, parts.join(''), context);
  const judgement = judge(facts, { name: 'here', kernel: '', rolling: false }, none);
  const { notTested = [] } = judgement;
  const on = await provenanceOf({
    deb,
    image: { id: `this machine, ${await systemName()}`, created: '' },
    engine: { name: 'dkms', version: /\d[\w.+~-]*/.exec(facts.get('dkms.version') ?? '')?.[0] ?? '', arch: '' },
    boot: false,
  });
  return {
    target: 'here',
    kernel: seriesOf(release),
    ...judgement,
    notTested: [...notTested, notDone],
    log,
    seconds: secondsSince(start),
    on,
  };
}

/** What must hold before anything is done. */
async function refuseUnable(release: string, context: Context): Promise<void> {
  const hint = 'run it as a user, or omit --here to verify in a container';
  if (process.getuid?.() === 0)
    fail({ code: 'usage', detail: "--here is not for root: it runs the package's own scripts on this machine", hint });
  const headers = `/lib/modules/${release}/build`;
  await readdir(`${headers}/`).catch(() =>
    fail({ code: 'no-input', path: headers, detail: 'no headers are installed', hint: `apt install linux-headers-${release}` }),
  );
  const path = `${context.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const lacking = await runProgram(
    'bash',
    ['-c', 'for name in dkms make gcc depmod modinfo; do command -v $name > /dev/null || echo $name; done'],
    {},
    { ...context, env: { ...context.env, PATH: path } },
  );
  const names = lacking.stdout.toString().trim().split('\n').join(', ');
  if (names !== '')
    fail({
      code: 'engine-failed',
      detail: `--here needs ${names}, not installed on this machine`,
      hint: 'apt install dkms kmod, or omit --here to verify in a container',
    });
}

/** Writes the sources of a package to src/, and the scripts. */
async function layOut({ data }: Deb, top: string): Promise<void> {
  for (const entry of data) {
    const path = /^usr\/(src\/.+?)\/?$/.exec(plainPath(entry))?.[1];
    if (path === undefined) continue;
    const place = join(top, path);
    if (entry.type === 'directory') await mkdir(place, { recursive: true });
    else await mkdir(dirname(place), { recursive: true });
    if (entry.type === 'symlink') await symlink(entry.linkTarget, place);
    if (entry.type !== 'file' && entry.type !== 'hardlink') continue;
    const { body } =
      entry.type === 'file' ? entry : (data.find((one) => plainPath(one) === entry.linkTarget.replace(/^(\.\/)+/, '')) ?? entry);
    await writeFile(place, body);
    await chmod(place, entry.mode & 0o777);
  }
  for (const name of scripts) await writeFile(join(top, name), await projectText(`container/${name}`));
}

/** Their paths are of a directory that is gone afterwards: they begin where that was. */
async function factsIn(directory: string, top: string): Promise<Facts> {
  const names = await readdir(directory);
  return new Map(
    await Promise.all(names.map(async (name) => [name, (await readFile(join(directory, name), 'utf8')).replaceAll(top, '')] as const)),
  );
}

async function systemName(): Promise<string> {
  return osName(await readFile('/etc/os-release', 'utf8').catch(() => ''));
}
