/** What `verify` found out about a package on a kernel, and its boot. */
import * as v from 'valibot';
import { seconds, text } from './common.js';

const moduleVerdict = v.object({
  name: v.string(),
  file: text('path in the container; empty if the module is missing'),
  vermagic: v.string(),
});
export type ModuleVerdict = v.InferOutput<typeof moduleVerdict>;

/** What a boot of the kernel has shown of the modules. */
const bootVerdict = v.object({
  status: v.pipe(v.picklist(['loads', 'fails', 'error']), v.description('error: nothing is known of the modules')),
  reason: v.exactOptional(v.string()),
  modules: v.array(
    v.object({
      name: v.string(),
      loaded: v.pipe(v.number(), v.description('how often it was loaded; two are expected')),
      unloaded: v.pipe(v.number(), v.description('how often it was unloaded; two are expected')),
      devices: v.pipe(v.array(v.string()), v.description('the character devices that it registered, as `major name`')),
      answers: v.pipe(v.array(v.string()), v.description('what an ioctl on each device returned, in the words of strerror(3)')),
    }),
  ),
  console: text('where the console was saved; empty if nothing was booted'),
  seconds,
});
export type BootVerdict = v.InferOutput<typeof bootVerdict>;

export const status = v.pipe(v.picklist(['builds', 'fails', 'error']), v.description('error: it could not be tested'));
export const loads = bootVerdict.entries.status;

export const kernelVerdict = v.object({
  target: v.string(),
  kernel: text('major.minor, as the target promises'),
  release: text('the release that dkms built for, as `uname -r` prints it; empty if it did not get that far'),
  status,
  reason: v.exactOptional(v.string()),
  steps: v.object({
    builds: v.boolean(),
    installs: v.boolean(),
    loads: v.exactOptional(v.pipe(v.boolean(), v.description('present if the kernel was booted'))),
  }),
  boot: v.exactOptional(bootVerdict),
  modules: v.array(moduleVerdict),
  patches: v.pipe(v.array(v.string()), v.description('the patches that dkms itself applied, by its log')),
  log: text("where dpkg's output and dkms's make.log were saved; empty if nothing ran"),
  seconds,
});
export type KernelVerdict = v.InferOutput<typeof kernelVerdict>;

export const verifyDocument = v.object({
  schema: v.literal('mft-patch/verify@1'),
  package: v.string(),
  kernels: v.array(kernelVerdict),
});
export type VerifyDocument = v.InferOutput<typeof verifyDocument>;
