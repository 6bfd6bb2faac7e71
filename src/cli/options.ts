/** Every option of the program, once: what means the same has the same name and grammar in every command. */
import { Option } from '@commander-js/extra-typings';
import { defaultPackage } from '../default-package.js';
import { artifactOptions } from './artifact-options.js';
import { machineOptions } from './machine-options.js';
import {
  age,
  aptMirror,
  count,
  digest,
  gather,
  gatherList,
  gatherPaths,
  maxKernel,
  notEmpty,
  packageName,
  positive,
  size,
} from './option-values.js';
import { colorChoices } from './streams.js';

const source = 'Source:';
const kernels = 'Kernels:';
const ownData = 'Your own data:';
const output = 'Output:';
const verification = 'Verification:';
const images = 'Container images:';
const limits = 'Container limits:';
const download = 'Download:';
/** The heading of the options that every command has. */
export const general = 'General:';

export const options = {
  json: new Option('--json', 'print the result as one JSON document').helpGroup(general),
  quiet: new Option('--quiet', 'suppress progress output').helpGroup(general),
  verbose: new Option('--verbose', 'show container engine output and stack traces').helpGroup(general),
  color: new Option('--color <when>', 'colour of verdicts, warnings and errors (default: auto: on a terminal, unless $NO_COLOR is set)')
    .choices(colorChoices)
    .helpGroup(general),
  offline: new Option('--offline', 'do not use the network').helpGroup(general),
  cacheDir: new Option(
    '--cache-dir <dir>',
    'cache directory for bundles, logs and verdicts (default: $XDG_CACHE_HOME/mft-patch)',
  ).helpGroup(general),
  config: new Option('--config <file>', 'project file with options (default: mft-patch.json, if there is one)')
    .argParser(notEmpty)
    .helpGroup(general),

  bundle: new Option(
    '--bundle <file|dir|url|->',
    "the vendor's bundle: a tar archive (plain, gzip, xz, zstd), a DOCA-Host .deb, an unpacked directory, a URL, or - for standard input",
  )
    .argParser(gather)
    .helpGroup(source),
  deb: new Option('--deb <file>', `the ${defaultPackage} package itself, or any other dkms package`).argParser(gather).helpGroup(source),
  package: new Option('--package <name>', `the package to take from a bundle (default: ${defaultPackage})`)
    .argParser(packageName)
    .helpGroup(source),
  mft: new Option('--mft <release>', 'MFT release: 4.20.1-14, 4.20.1 for its newest revision, or latest (default: 4.20.1-14)')
    .argParser(gatherList)
    .helpGroup(source),
  sample: new Option('--sample [layout]', 'use the built-in sample bundle: flat, nnt or nnt-4.26')
    .argParser(gatherList)
    .preset('flat')
    .helpGroup(source),

  patches: new Option(
    '--patches <dir>',
    'a series of your own patches, applied after those of mft-patch; repeatable (edit, try, patches report: default patches, if there)',
  )
    .argParser(gatherPaths)
    .helpGroup(ownData),
  kernelsDir: new Option('--kernels-dir <dir>', 'directory with further targets, files like those of kernels/')
    .argParser(notEmpty)
    .helpGroup(ownData),
  releases: new Option('--releases <file>', 'file with further MFT releases, like releases.json').argParser(notEmpty).helpGroup(ownData),

  mirror: new Option('--mirror <url>', "base URL to download the vendor's releases from (default: $MFT_PATCH_MIRROR)").helpGroup(download),
  lock: new Option('--lock <file>', 'lockfile with the SHA-256 of what no catalogue knows (default: mft-patch.lock)')
    .argParser(notEmpty)
    .helpGroup(download),
  sha256: new Option('--sha256 <hex>', 'expected SHA-256 of the bundle or package').argParser(digest).helpGroup(download),
  requireDigest: new Option('--require-digest', 'refuse downloads without a known SHA-256').helpGroup(download),
  olderThan: new Option('--older-than <age>', 'remove what was not used for longer, as 12h or 30d (0: all that is not in use)')
    .argParser(age)
    .default(30 * 86_400, '30d')
    .helpGroup(output),
  imagesOlderThan: new Option('--older-than <age>', 'remove only what was made longer ago, as 12h or 30d (0: whatever its age)')
    .argParser(age)
    .default(7 * 86_400, '7d')
    .helpGroup(output),
  dryRun: new Option('--dry-run', 'only list what would be removed').helpGroup(output),
  check: new Option('--check', "ask the vendor's download page for releases that are not known (experimental)").helpGroup(download),
  add: new Option('--add <file>', 'write what --check finds to a file like releases.json').argParser(notEmpty).helpGroup(output),
  askVendor: new Option('--ask-vendor', "look up the SHA-256 on the vendor's download page (experimental)").helpGroup(download),

  kernelToBake: new Option(
    '--kernel <kernel>',
    'apply the patches for one kernel; default: one package for all kernels, patched by dkms at build time',
  )
    .argParser(gather)
    .helpGroup(kernels),
  kernelToPlan: new Option('--kernel <kernel>', 'plan for one kernel; default: for all, as build does')
    .argParser(gather)
    .helpGroup(kernels),
  kernelToDiagnose: new Option('--kernel <kernel>', 'kernels to verify a package on; for a log, the kernel that it is of')
    .argParser(gather)
    .helpGroup(kernels),
  linux: new Option('--linux <dir>', 'git clone of the kernel, to name the commit that removed or changed something').helpGroup(kernels),
  kernel: new Option('--kernel <kernel>', 'kernels to verify on; repeatable, and takes comma lists').argParser(gather).helpGroup(kernels),
  kernels: new Option('--kernels <list>', 'the same as --kernel').argParser(gather).hideHelp(),
  kernelSource: new Option(
    '--kernel-source <dir|file|url>',
    'use a kernel source: a directory, a tar archive, or the URL of one',
  ).helpGroup(kernels),
  kernelConfig: new Option('--kernel-config <file>', ".config to use (default: the tree's own, else defconfig)").helpGroup(kernels),
  maxKernel: new Option('--max-kernel <release>', 'last kernel that dkms builds the package for by itself: 7.3 (with 7.3.x) or 7.3.1')
    .argParser(maxKernel)
    .helpGroup(kernels),
  arch: new Option('--arch <arch>', "architecture of the bundle, and of the kernels to test on (default: this machine's)").helpGroup(
    kernels,
  ),
  headers: new Option(
    '--headers <dir|deb...>',
    'use prepared headers: a directory, as /lib/modules/$(uname -r)/build, or the packages with them',
  )
    .argParser(gatherPaths)
    .helpGroup(kernels),

  out: new Option('--out <dir>', 'output directory').default('dist').helpGroup(output),
  withUserland: new Option('--with-userland', "also write the vendor's mft_….deb").helpGroup(output),
  repackBundle: new Option('--repack-bundle', 'also write a copy of the bundle containing the patched package').helpGroup(output),
  report: new Option('--report <file>', 'write a report: .json, .xml (JUnit), .md or .html; repeatable')
    .argParser(gather)
    .helpGroup(output),
  history: new Option('--history <file>', 'since when each cell fails, by a file of JSON lines to which this run is added')
    .argParser(notEmpty)
    .helpGroup(output),
  failOnTurned: new Option('--fail-on-turned', 'exit with 1 or 5 only for cells that were not so in the last run of --history').helpGroup(
    output,
  ),
  ...artifactOptions,
  ...machineOptions,
  stat: new Option('--stat', 'only the files, and how many lines of each').helpGroup(output),
  exitCode: new Option('--exit-code', 'exit with 1 if they differ').helpGroup(output),
  list: new Option('--list', 'only list the kernels').helpGroup(output),
  format: new Option('--format <format>', 'output format of --list').choices(['text', 'github'] as const).helpGroup(output),
  merge: new Option('--merge <file...>', 'show the results of earlier runs, as --json or --report wrote them, as one').helpGroup(output),

  verify: new Option('--verify', 'require verification on exactly that kernel').helpGroup(verification),
  noVerify: new Option('--no-verify', 'do not verify').helpGroup(verification),
  here: new Option('--here', "verify with this machine's own dkms and headers, as a user and without a container engine").helpGroup(
    verification,
  ),
  boot: new Option('--boot', 'also boot the kernel in QEMU and test that the drivers work there').helpGroup(verification),
  baseline: new Option('--baseline', 'also verify the unpatched vendor package').helpGroup(verification),
  baked: new Option(
    '--baked',
    'a package for each set of patches, as build --kernel makes it; default: one package for all kernels',
  ).helpGroup(verification),
  universal: new Option('--universal', 'one package for all kernels: the default').hideHelp(),
  onlyFailed: new Option('--only-failed', 'keep what built last time and still holds; test the rest').helpGroup(verification),
  fresh: new Option('--fresh', 'test all, also what has a verdict in the cache').helpGroup(verification),
  jobs: new Option('--jobs <n>', 'number of parallel containers (default: by cores and memory)')
    .argParser(positive)
    .helpGroup(verification),

  engine: new Option('--engine <name>', 'container engine (default: docker if available, else podman)')
    .choices(['docker', 'podman'] as const)
    .helpGroup(images),
  bootstrap: new Option('--bootstrap', 'build base images with mmdebstrap instead of pulling').helpGroup(images),
  aptMirror: new Option('--apt-mirror <url>', 'Debian/Ubuntu mirror to use when building images').argParser(aptMirror).helpGroup(images),
  refresh: new Option('--refresh', 'build the images and their bases again, past every cache').helpGroup(images),
  maxImageAge: new Option('--max-image-age <age>', 'rebuild images of rolling suites that are older, as 12h or 2d (0: never)')
    .argParser(age)
    .default(86_400, '1d')
    .helpGroup(images),
  refreshAge: new Option('--max-image-age <age>', 'rebuild images that are older, as 12h or 2d, whatever their suite (0: all)')
    .argParser(age)
    .default(86_400, '1d')
    .helpGroup(images),
  timeout: new Option('--timeout <seconds>', 'time limit for building an image, each installation, and each call of the engine, in seconds')
    .argParser(positive)
    .default(1800)
    .helpGroup(limits),
  memory: new Option('--memory <size>', 'container memory limit, as 512m or 2g (0: unlimited)')
    .argParser(size)
    .default('2g')
    .helpGroup(limits),
  processes: new Option('--processes <n>', 'container process limit (0: unlimited)').argParser(count).default(2048).helpGroup(limits),
  disk: new Option('--disk <size>', 'container disk limit (0: unlimited)').argParser(size).default('4g').helpGroup(limits),
};

/** The name of an option in the table, or of the argument that may stand for one. */
export type OptionName = keyof typeof options | 'file';
