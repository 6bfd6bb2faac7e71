/** What `verify` found out about a package on a kernel, and its boot. */
import * as v from 'valibot';
import { seconds, sha256, text } from './common.js';

const moduleVerdict = v.object({
  name: v.string(),
  file: text('path in the container; empty if the module is missing'),
  vermagic: v.string(),
});
export type ModuleVerdict = v.InferOutput<typeof moduleVerdict>;

export const notTested = v.pipe(
  v.array(v.string()),
  v.description('what could not be tested, such as a driver whose hardware is missing; it counts as neither passed nor failed'),
);

/** What a driver was asked by an ioctl on its device. */
const bootQuestion = v.object({
  question: v.string(),
  expected: text('0, values, or the name of an errno'),
  answer: v.string(),
});
export type BootQuestion = v.InferOutput<typeof bootQuestion>;

/** What a boot of the kernel has shown of the modules. */
const bootVerdict = v.object({
  status: v.pipe(
    v.picklist(['loads', 'fails', 'error']),
    v.description('loads: nothing is wrong, and works says whether the drivers have answered; error: nothing is known of the modules'),
  ),
  reason: v.exactOptional(v.string()),
  loads: v.exactOptional(v.pipe(v.boolean(), v.description('every module was twice loaded and unloaded without a complaint'))),
  works: v.exactOptional(
    v.pipe(v.boolean(), v.description('mst_pci and mst_pciconf are there and gave every answer that could be asked for as it must be')),
  ),
  notTested: v.exactOptional(notTested),
  accel: v.exactOptional(v.pipe(v.picklist(['kvm', 'tcg']), v.description('tcg: the processor was emulated'))),
  modules: v.array(
    v.object({
      name: v.string(),
      loaded: v.pipe(v.number(), v.description('how often it was loaded; two are expected')),
      unloaded: v.pipe(v.number(), v.description('how often it was unloaded; two are expected')),
      devices: v.pipe(v.array(v.string()), v.description('the character devices that it registered, as `major name`')),
      answers: v.pipe(
        v.array(v.string()),
        v.description('what the ioctls on each device returned, each once; questions has them one by one'),
      ),
      generation: v.exactOptional(
        v.pipe(v.picklist(['flat', 'nnt']), v.description('by its answer to INIT on a PCI device that is not of NVIDIA')),
      ),
      questions: v.exactOptional(v.array(bootQuestion)),
    }),
  ),
  console: text('where the console was saved; empty if nothing was booted'),
  seconds,
});
export type BootVerdict = v.InferOutput<typeof bootVerdict>;

export const status = v.pipe(v.picklist(['builds', 'fails', 'error']), v.description('error: it could not be tested'));
export const { status: loads, accel } = bootVerdict.entries;

/** The steps of a verdict, in their order. */
export const stepNames = ['builds', 'installs', 'kernelHook', 'removes', 'loads', 'works'] as const;
export type StepName = (typeof stepNames)[number];

export const failedStep = v.pipe(v.picklist(stepNames), v.description('the first step that failed'));

/** A time. */
export const moment = v.pipe(v.string(), v.isoTimestamp('expected a time in UTC, as 2026-11-23T10:00:00.000Z'));

export const program = v.pipe(
  v.object({ version: v.string(), sha256 }),
  v.description('this program: its version, and the SHA-256 of its own code and of what it runs in containers'),
);

/** What a verdict is a verdict on: it says nothing about anything else. */
export const provenance = v.object({
  package: v.pipe(sha256, v.description('SHA-256 of the package that was installed')),
  patches: v.exactOptional(
    v.pipe(
      v.array(v.object({ id: v.string(), sha256 })),
      v.description('the patches inside, in the order of the series; missing if the package was not built by this run'),
    ),
  ),
  image: text("the image's id, as the engine gives it; with --here `this machine` and its system"),
  imageCreated: v.exactOptional(
    v.pipe(moment, v.description('when the packages of the image were taken from the archive; missing if the engine does not tell')),
  ),
  program,
  engine: text('name and version of the container engine, as in docker 20.10.24; with --here of dkms'),
  architecture: text('that of the containers, as Debian names it: amd64'),
  emulatedOn: v.exactOptional(text('the architecture of the machine, where it ran the programs of the containers by emulation')),
  options: v.object({
    boot: v.pipe(v.boolean(), v.description('whether the kernel was to be booted')),
    package: v.exactOptional(
      v.pipe(
        v.picklist(['universal', 'baked', 'vendor']),
        v.description("for all kernels, for the patches of one, or the vendor's own; missing if the package was not built by this run"),
      ),
    ),
  }),
  date: v.pipe(moment, v.description('when the test began')),
});
export type Provenance = v.InferOutput<typeof provenance>;

/** Where a verdict is from an earlier run. */
export const reuse = {
  reused: v.exactOptional(
    v.pipe(moment, v.description('it was not tested in this run: when the test began that it is of; its seconds are those of that test')),
  ),
  standsFor: v.exactOptional(
    v.pipe(
      v.object({ package: sha256, patches: v.array(v.object({ id: v.string(), sha256 })) }),
      v.description('the package of this run, and the patches in it, where another one was installed that is the same for this kernel'),
    ),
  ),
};

export const tools = v.pipe(
  v.object({ dkms: text('its version, as in 3.0.10'), compiler: text('what gcc --version prints first; empty if there is none') }),
  v.description('what the image builds modules with'),
);

export const kernelVerdict = v.object({
  target: v.string(),
  kernel: text('major.minor, as the target promises'),
  release: text('the release that dkms built for, as `uname -r` prints it; empty if it did not get that far'),
  status,
  reason: v.exactOptional(v.string()),
  steps: v.object({
    builds: v.boolean(),
    installs: v.boolean(),
    kernelHook: v.exactOptional(v.pipe(v.boolean(), v.description("whether the kernel packages' own hook of dkms passes"))),
    removes: v.exactOptional(v.pipe(v.boolean(), v.description('whether the package can be removed and purged, and nothing is left'))),
    loads: v.exactOptional(v.pipe(v.boolean(), v.description('present if the kernel was booted'))),
    works: v.exactOptional(v.pipe(v.boolean(), v.description('whether the driver answers as it must; present if the kernel was booted'))),
  }),
  failedStep: v.exactOptional(failedStep),
  notTested: v.exactOptional(notTested),
  boot: v.exactOptional(bootVerdict),
  modules: v.array(moduleVerdict),
  patches: v.pipe(v.array(v.string()), v.description('the patches that dkms applies for this kernel, by PATCH and PATCH_MATCH')),
  log: text("where dpkg's output and dkms's make.log were saved; empty if nothing ran"),
  seconds,
  tools: v.exactOptional(tools),
  otherKernels: v.exactOptional(v.pipe(v.boolean(), v.description('the image has other kernels, and it was built for these, too'))),
  on: v.exactOptional(v.pipe(provenance, v.description('what this is a verdict on; missing if nothing ran'))),
  ...reuse,
});
export type KernelVerdict = v.InferOutput<typeof kernelVerdict>;

/** All that a verdict depends on: where nothing of it differs it need not be found again. */
export const verdictSubject = v.object({
  view: v.pipe(sha256, v.description('what the kernel sees of the package')),
  vendorConf: v.pipe(sha256, v.description("the dkms.conf of the vendor's package, which the judge reads")),
  target: v.object({ name: v.string(), kernel: v.string(), rolling: v.boolean() }),
  ...v.omit(provenance, ['package', 'patches', 'imageCreated', 'date']).entries,
});
export type VerdictSubject = v.InferOutput<typeof verdictSubject>;

/** A verdict in the cache, for later runs. Its logs are beside it, and their names in it have no directory. */
export const keptVerdict = v.object({
  schema: v.literal('mft-patch/kept-verdict@1'),
  subject: verdictSubject,
  verdict: kernelVerdict,
  logs: v.array(v.object({ name: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}(\.console)?\.log$/, 'expected the name of a log')), sha256 })),
});
export type KeptVerdict = v.InferOutput<typeof keptVerdict>;

export const verifyDocument = v.object({
  schema: v.literal('mft-patch/verify@1'),
  package: v.string(),
  kernels: v.array(kernelVerdict),
});
export type VerifyDocument = v.InferOutput<typeof verifyDocument>;
