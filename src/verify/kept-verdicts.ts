/**
 * Verdicts of earlier runs in the cache, `verdicts/<key>.json` with `<key>.log` and `<key>.console.log`: by the digest of all that
 * a verdict depends on. A verdict on a package is one on each other that is the same for the kernel (packaging/view.ts), in the
 * same image, judged by the same program, with the same engine, architecture and options, and the same target: `kernels/` says
 * which release an image must have.
 */
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.js';
import type { KeptVerdict, KernelVerdict, Provenance, VerdictSubject } from '../documents/index.js';
import { failWrite, MftPatchError, messageOf } from '../errors.js';
import { explain } from '../explain.js';
import type { Target } from '../kernels/target.js';
import { sha256 } from '../system/digest.js';
import { renameSynced } from '../system/durable.js';
import { asJson } from '../system/json.js';
import { withStagingDir } from '../system/stage.js';

/** What a verdict of an earlier run must be on to stand for a test. */
export interface Reusable {
  /** What the kernel sees of the package, and which of its patches dkms must not apply. */
  view: { digest: string; unseen: readonly string[] };
  /** The vendor's dkms.conf, if the judge reads it. */
  vendorConf: Buffer | undefined;
  target: Pick<Target, 'name' | 'kernel' | 'rolling'>;
  /** What the test would be of. */
  now: Provenance;
}

/**
 * The verdict that an earlier run has kept. Of one that was on another package `standsFor` names the one that it is asked for.
 *
 * @returns undefined if there is none, or something of it is missing or corrupt
 */
export async function findVerdict(reusable: Reusable, context: Context): Promise<KernelVerdict | undefined> {
  const { now } = reusable;
  const key = keyOf(subjectOf(reusable));
  const path = recordPath(key, context);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = await parse(text);
  const logs = kept && keyOf(kept.subject) === key && (await logsOf(kept, context));
  const on = kept?.verdict.on;
  if (!kept || !logs || !on) {
    context.debug(`${path} is corrupt or without its log; it is not used`);
    await rm(path, { force: true }).catch(() => {});
    return undefined;
  }
  // When it was last used: a cache that cannot be written is not pruned either.
  await utimes(path, new Date(), new Date()).catch(() => {});
  const isSame = on.package === now.package;
  const standsFor = isSame ? {} : { standsFor: { package: now.package, patches: now.patches ?? [] } };
  return { ...withLogs(kept.verdict, (name) => join(directory(context), name)), reused: on.date, ...standsFor };
}

/**
 * Keeps a verdict for later runs with its logs, if it is one that holds again. What could not be tested is not kept, nor is what
 * dkms has done otherwise than the view says. A cache that cannot be written brings a warning.
 */
export async function keepVerdict(reusable: Reusable, verdict: KernelVerdict, context: Context): Promise<void> {
  const { view, now } = reusable;
  // For another kernel in the image dkms may apply what this one does not see.
  const isForeseen = !verdict.otherKernels && !view.unseen.some((id) => verdict.patches.includes(id));
  if (verdict.status === 'error' || !isForeseen || verdict.on === undefined || !isEqual(verdict.on, now)) return;
  const subject = subjectOf(reusable);
  const key = keyOf(subject);
  try {
    const names = new Map([[verdict.log, `${key}.log`], ...(verdict.boot ? [[verdict.boot.console, `${key}.console.log`] as const] : [])]);
    names.delete('');
    const logs = await Promise.all([...names].map(async ([path, name]) => ({ name, bytes: await readFile(path) })));
    const kept: KeptVerdict = {
      schema: 'mft-patch/kept-verdict@1',
      subject,
      verdict: withLogs(verdict, (path) => names.get(path) ?? ''),
      logs: logs.map(({ name, bytes }) => ({ name, sha256: sha256(bytes) })),
    };
    // The record comes last: it names the others.
    await writeAll([...logs, { name: `${key}.json`, bytes: Buffer.from(asJson(kept)) }], context);
  } catch (error) {
    context.signal.throwIfAborted();
    const why = error instanceof MftPatchError ? explain(error.failure).message : messageOf(error);
    context.warn(`the verdict on ${reusable.target.name} is not kept for later runs: ${why}`);
  }
}

/** Writes files into the directory, in their order: each appears whole. @throws cannot-write */
async function writeAll(files: readonly { name: string; bytes: Buffer }[], context: Context): Promise<void> {
  const place = directory(context);
  await mkdir(place, { recursive: true }).catch((error) => failWrite(place, error));
  await withStagingDir(place, context, async (stage) => {
    for (const { name, bytes } of files) await stage.write(name, (path) => writeFile(path, bytes));
    await stage.flush();
    for (const { name } of files) await stage.write(name, (path) => renameSynced(path, join(place, name)));
  });
}

function subjectOf({ view, vendorConf, target, now }: Reusable): VerdictSubject {
  const { image, program, engine, architecture, options } = now;
  return {
    view: view.digest,
    vendorConf: sha256(vendorConf ?? ''),
    target: { name: target.name, kernel: target.kernel, rolling: target.rolling },
    ...{ image, program, engine, architecture, options },
  };
}

/** What was tested is what was asked for: an image may have got another id meanwhile. */
function isEqual(on: Provenance, now: Provenance): boolean {
  const textOf = ({ date: _, imageCreated: __, ...rest }: Provenance) => canonical(rest);
  return textOf(on) === textOf(now);
}

function keyOf(subject: VerdictSubject): string {
  return sha256(canonical(subject));
}

/** JSON with the keys of each object in their order, so that equal values are equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

async function parse(text: string): Promise<KeptVerdict | undefined> {
  const [{ safeParse }, { keptVerdict }] = await Promise.all([import('valibot'), import('../documents/verdict.js')]);
  try {
    const result = safeParse(keptVerdict, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** Whether each log that the verdict names is there, as it was written. */
async function logsOf({ logs, verdict }: KeptVerdict, context: Context): Promise<boolean> {
  const named = [verdict.log, verdict.boot?.console ?? ''].filter((name) => name !== '');
  if (named.some((name) => !logs.some((log) => log.name === name))) return false;
  const texts = await Promise.all(logs.map(({ name }) => readFile(join(directory(context), name)).catch(() => undefined)));
  return texts.every((bytes, index) => bytes !== undefined && sha256(bytes) === logs[index]?.sha256);
}

function withLogs(verdict: KernelVerdict, place: (log: string) => string): KernelVerdict {
  const { log, boot } = verdict;
  const named = (path: string) => (path === '' ? '' : place(path));
  return { ...verdict, log: named(log), ...(boot ? { boot: { ...boot, console: named(boot.console) } } : {}) };
}

function directory({ cacheDir }: Context): string {
  return join(cacheDir, 'verdicts');
}

function recordPath(key: string, context: Context): string {
  return join(directory(context), `${key}.json`);
}
