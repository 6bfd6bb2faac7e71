/** What `doctor` prints. */
import * as v from 'valibot';
import { text } from './common.js';

export const cure = v.object({
  command: text('as a shell takes it; without sudo'),
  root: v.pipe(v.boolean(), v.description('it needs the rights of root')),
  note: v.exactOptional(text('what it asks for, or what comes after it')),
});
export type Cure = v.InferOutput<typeof cure>;

export const check = v.object({
  id: v.pipe(
    v.picklist([
      ...(['kernel', 'headers', 'compiler', 'dkms', 'space'] as const),
      ...(['secure-boot', 'signing-key', 'cards', 'package', 'dpkg', 'modules', 'userland', 'leftovers'] as const),
      ...(['loaded', 'log', 'engine'] as const),
    ]),
    v.description('what was looked at'),
  ),
  status: v.pipe(
    v.picklist(['ok', 'note', 'fault', 'unknown']),
    v.description('`note`: nothing is wrong, but it is good to know; `unknown`: this user may not see it, or it needs what is missing'),
  ),
  text: text('what was found, in one line'),
  cures: v.pipe(v.array(cure), v.description('what to type, in this order; each fault has at least one')),
  root: v.exactOptional(text('what root would see beyond that')),
});
export type Check = v.InferOutput<typeof check>;

export const doctorDocument = v.object({
  schema: v.literal('mft-patch/doctor@1'),
  system: text('the distribution, as /etc/os-release names it'),
  kernel: text('the running one, as uname -r prints it'),
  arch: text('of the processor, as Debian names it'),
  root: v.pipe(v.boolean(), v.description('whether root has asked')),
  faults: v.pipe(v.number(), v.description('how many checks found one; with any the exit code is 1')),
  checks: v.pipe(v.array(check), v.description('in the order in which their cures are typed')),
  devices: v.pipe(
    v.array(
      v.object({
        slot: text('domain:bus:device.function'),
        id: text('vendor:device, as lspci -n prints them'),
        name: v.string(),
        driver: v.exactOptional(text('the kernel driver that it is bound to')),
        mft: v.exactOptional(
          v.pipe(
            v.object({ from: v.exactOptional(v.string()), upTo: v.exactOptional(v.string()) }),
            v.description('the oldest and the newest release of MFT that is known to serve it, where one is known'),
          ),
        ),
      }),
    ),
    v.description('the devices of Mellanox on the PCI bus'),
  ),
});
export type DoctorDocument = v.InferOutput<typeof doctorDocument>;
