/** Asks the headers of all kernels whose images are there: one container for each image. */
import pLimit from 'p-limit';
import { runScript } from '../containers/container.js';
import { isBootImage, type ListedImage, ownImages } from '../containers/image-list.js';
import type { Images } from '../containers/images.js';
import { withTimeout } from '../containers/timeout.js';
import type { Context } from '../context.js';
import { fileEntry } from '../deb/tar.js';
import { MftPatchError } from '../errors.js';
import { oneLine } from '../explain.js';
import { parseKernelRelease } from '../kernels/release.js';
import { projectText } from '../project-files.js';
import { withoutComments } from './c-text.js';
import type { Questions } from './questions.js';

/** What is known of the headers of a kernel: as much as was asked for. */
export interface KernelHeaders {
  target: string;
  /** As `uname -r` prints it, and its major.minor. */
  release: string;
  kernel: string;
  /** The paths of all headers. */
  paths: ReadonlySet<string>;
  /** Headers without their comments, by path. */
  files: ReadonlyMap<string, string>;
  /** What the kernel exports of the symbols that were asked for: `gpl` to modules under the GPL only. */
  symbols: ReadonlyMap<string, { gpl: boolean; namespace: string }>;
  /** Whether it is known what the kernel exports. */
  hasSymbols: boolean;
  variables: ReadonlySet<string>;
}

/** How many containers look at a time: reading headers is work for the disk. */
const atOnce = 2;

/** The images of kernels, each kernel once, the oldest kernel first. */
export async function kernelImages({ engine }: Images, context: Context): Promise<ListedImage[]> {
  const all = (await ownImages(engine, context)).filter((image) => /^\d/.test(image.release) && !isBootImage(image));
  const order = (a: ListedImage, b: ListedImage) => place(a.release) - place(b.release);
  return all.filter((image, index) => all.findIndex(({ release }) => release === image.release) === index).sort(order);
}

/** Looks in each of the images. An image that gives no answer is left out, with a warning. */
export async function searchHeaders(
  images: Images,
  kernels: readonly ListedImage[],
  questions: Questions,
  context: Context,
): Promise<KernelHeaders[]> {
  const limit = pLimit(atOnce);
  const script = await projectText('container/find-declarations.sh');
  const files = [
    fileEntry('find/find-declarations.sh', Buffer.from(script)),
    ...Object.entries(questions).map(([name, lines]) =>
      fileEntry(`find/${name}`, Buffer.from(lines.map((line: string) => `${line}\n`).join(''))),
    ),
  ];
  const search = async (image: ListedImage): Promise<KernelHeaders[]> => {
    context.progress({ step: 'headers', text: `searching the headers of ${image.release}` });
    try {
      const run = {
        engine: images.engine,
        image: image.name,
        files,
        command: '/find/find-declarations.sh',
        limits: images.settings,
        onLine: () => {},
      };
      const report = await withTimeout(images.settings.timeout, `the search in ${image.name}`, context, (limited) =>
        runScript(run, limited),
      );
      return [readReport(image, report)];
    } catch (error) {
      if (!(error instanceof MftPatchError) || error.failure.code !== 'engine-failed') throw error;
      context.warn(`the headers of ${image.release} are left out: ${oneLine(error)}`);
      return [];
    }
  };
  return (await Promise.all(kernels.map((image) => limit(() => search(image))))).flat();
}

/** The same kernels with what a later search has found, too. */
export function joined(before: readonly KernelHeaders[], after: readonly KernelHeaders[]): KernelHeaders[] {
  return before.map((kernel) => {
    const more = after.find(({ release }) => release === kernel.release);
    return more === undefined ? kernel : { ...kernel, files: new Map([...kernel.files, ...more.files]) };
  });
}

function readReport({ target, release }: ListedImage, report: ReadonlyMap<string, Buffer>): KernelHeaders {
  const rows = (name: string) =>
    (report.get(name)?.toString('utf8') ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  const headers = [...report].filter(([path]) => path.startsWith('headers/'));
  return {
    target,
    release,
    kernel: /^\d+\.\d+/.exec(release)?.[0] ?? '',
    paths: new Set(rows('paths').map(([path = '']) => path)),
    files: new Map(headers.map(([path, body]) => [path.slice('headers/'.length), withoutComments(body.toString('latin1'))])),
    symbols: new Map(rows('symbols').map(([name = '', type = '', namespace = '']) => [name, { gpl: type.includes('GPL'), namespace }])),
    hasSymbols: report.has('has-symbols'),
    variables: new Set(rows('variables').map(([name = '']) => name)),
  };
}

/** A number that orders releases by major, minor and patch level. */
function place(release: string): number {
  const { major, minor, version } = parseKernelRelease(release);
  return (major * 1000 + minor) * 100_000 + Number(version.split('.')[2]);
}
