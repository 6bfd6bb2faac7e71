import type { Context } from '../context.js';
import type { DoctorDocument } from '../documents/index.js';
import { examine } from '../machine/examine.js';
import { here, openMachine } from '../machine/machine.js';

/** Examines the machine that it runs on, and changes nothing. @throws usage for a system without dpkg */
export async function doctor(context: Context): Promise<DoctorDocument> {
  return examine(openMachine(here, context), context);
}
