/** What `diagnose` is given: a log, a verdict that names logs, or a package, which is verified first. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { mftNumber } from '../../bundle/mft-number.js';
import { refuseOtherArch } from '../../containers/arch.js';
import type { Images } from '../../containers/images.js';
import type { Context } from '../../context.js';
import { controlFields, plainPath, readDeb } from '../../deb/deb.js';
import type { LogText } from '../../diagnosis/diagnose.js';
import type { DiagnoseDocument, KernelVerdict } from '../../documents/index.js';
import { fail, failInput, messageOf } from '../../errors.js';
import { type Kernel, targetOf } from '../../kernels/resolve.js';
import { xz } from '../../system/xz.js';

/** A log with where it is. */
export interface Log extends LogText {
  path: string;
  isWhole: boolean;
}

export interface Input {
  kind: DiagnoseDocument['input']['kind'];
  logs: Log[];
}

/** The most that is read of a log or a verdict, in bytes. */
const most = 64 * 1024 * 1024;

/** Reads a file to diagnose. @throws no-input */
export async function readInput(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error) =>
    failInput(path, error, 'pass a make.log, a verdict (.json), or a .deb with --kernel'),
  );
  if (bytes.length > most) fail({ code: 'no-input', path, detail: `is ${bytes.length} bytes; the limit is ${most}` });
  return bytes;
}

/** Whether the bytes are a package. */
export function isPackage(bytes: Buffer): boolean {
  return bytes.subarray(0, 8).toString('latin1') === '!<arch>\n';
}

/**
 * The logs of a file that is no package.
 * @param kernel what --kernel says of a log
 * @throws usage for JSON that is not a verdict
 */
export async function logsIn(path: string, bytes: Buffer, kernel: Kernel | undefined): Promise<Input> {
  const text = bytes.toString('utf8');
  if (/^\s*\{/.test(text)) {
    const flag = kernel?.target?.prepared === undefined ? '--kernel' : '--headers';
    if (kernel)
      fail({
        code: 'usage',
        detail: `${flag} does not apply with a verdict (${path})`,
        hint: `omit ${flag}: the verdict says of which kernels it is`,
      });
    return { kind: 'verdict', logs: await logsOfVerdict(path, text) };
  }
  const source = await sourceBeside(path);
  const where = { ...(kernel?.release === undefined ? {} : { kernel: kernel.release.text }), ...(source === undefined ? {} : { source }) };
  return { kind: 'log', logs: [{ path, text, isWhole: true, where }] };
}

/** dkms writes make.log into the copy of the source that it builds. */
async function sourceBeside(log: string): Promise<Map<string, string> | undefined> {
  const top = dirname(resolve(log));
  const entries = await readdir(top, { withFileTypes: true }).catch(() => []);
  if (!entries.some(({ name }) => name === 'dkms.conf')) return undefined;
  const all = await readdir(top, { recursive: true, withFileTypes: true });
  const files = all
    .filter((entry) => entry.isFile() && /(^(Makefile|Kbuild).*|\.[ch])$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.slice(0, 1000).map(async (file) => [relative(top, file), await readFile(file, 'latin1')] as const));
  return new Map(texts);
}

/** A verdict of any command: which kernel it is of, and what acts there. */
interface Cell extends Pick<KernelVerdict, 'log' | 'target' | 'kernel' | 'release'> {
  status: string;
  reason?: string | undefined;
  patches: readonly string[];
  mft: string;
}

async function logsOfVerdict(path: string, text: string): Promise<Log[]> {
  const failed = (await cellsOf(path, text)).filter(({ status }) => status === 'fails');
  return Promise.all(
    failed.map(async ({ log, reason = '', kernel, release, target, patches, mft }) => {
      const places = log === '' ? [] : [log, resolve(dirname(path), log), join(dirname(path), basename(log))];
      const mftRelease = mftNumber(mft);
      const where = { kernel: release || kernel || target, inside: patches, ...(mftRelease === undefined ? {} : { mft: mftRelease }) };
      for (const place of places) {
        const whole = await readFile(place, 'utf8').catch(() => undefined);
        if (whole !== undefined) return { path: place, text: whole, isWhole: true, where, reason };
      }
      return { path, text: reason, isWhole: false, where, reason };
    }),
  );
}

/** @throws usage */
async function cellsOf(path: string, text: string): Promise<Cell[]> {
  const refuse = (detail: string) =>
    fail({
      code: 'usage',
      detail: `${path} ${detail}`,
      hint: 'pass what matrix, verify or build --json printed, matrix.json, or a .build.json',
    });
  const [{ safeParse, variant }, { matrixDocument }, { buildDocument }, { verifyDocument }, { describe }] = await Promise.all([
    import('valibot'),
    import('../../documents/matrix.js'),
    import('../../documents/build.js'),
    import('../../documents/verdict.js'),
    import('../../system/data-file.js'),
  ]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`is not JSON: ${messageOf(error)}`);
  }
  const parsed = safeParse(variant('schema', [matrixDocument, buildDocument, verifyDocument]), value);
  if (!parsed.success) return refuse(`is not a verdict: ${describe(parsed.issues[0])}`);
  const { output } = parsed;
  if (output.schema === 'mft-patch/matrix@1')
    return output.cells.map(({ target, kernel, release, patches, patched, mft = output.mft }) => ({
      ...patched,
      target,
      kernel,
      release,
      patches,
      mft: mft.version,
    }));
  if (output.schema === 'mft-patch/build@1') return output.verification.kernels.map((verdict) => ({ ...verdict, mft: output.mft.version }));
  const mft = /_(\d+(\.\d+)+)/.exec(basename(output.package))?.[1] ?? '';
  return output.kernels.map((verdict) => ({ ...verdict, mft }));
}

/** Verifies a package, for its logs. @throws no-target, no-engine, engine-failed where it could not be tested */
export async function logsOfPackage(
  { path, bytes, kernels, images }: { path: string; bytes: Buffer; kernels: readonly Kernel[]; images: Images },
  context: Context,
): Promise<Input> {
  const targets = kernels.map((kernel) => targetOf(kernel, context));
  const [deb, { verifyOn }] = await Promise.all([readDeb(bytes, path, xz), import('../../verify/verify.js')]);
  const fields = controlFields(deb, path);
  const arch = fields.get('architecture') ?? '';
  if (arch !== 'all') refuseOtherArch(images.engine, { what: path, arch });
  const mft = mftNumber((fields.get('version') ?? '').replace(/-.*$/, ''));
  const source = new Map(
    deb.data.flatMap((entry) => {
      const file = /^usr\/src\/[^/]+\/(.+)$/.exec(plainPath(entry))?.[1];
      return file === undefined || entry.type !== 'file' ? [] : [[file, entry.body.toString('latin1')] as const];
    }),
  );
  const logs: Log[] = [];
  for (const target of targets) {
    const verdict = await verifyOn({ images, target, deb: { name: basename(path), bytes }, boot: false }, context);
    if (verdict.status === 'error')
      fail({
        code: 'engine-failed',
        detail: `${path} could not be tested on ${target.name}: ${verdict.reason}`,
        hint: 'diagnose the make.log of the machine where it fails',
      });
    if (verdict.status === 'builds') continue;
    const text = await readFile(verdict.log, 'utf8').catch((error) => failInput(verdict.log, error));
    const where = { kernel: verdict.release || verdict.kernel, inside: verdict.patches, source, ...(mft === undefined ? {} : { mft }) };
    logs.push({ path: verdict.log, text, isWhole: true, where, ...(verdict.reason === undefined ? {} : { reason: verdict.reason }) });
  }
  return { kind: 'package', logs };
}
