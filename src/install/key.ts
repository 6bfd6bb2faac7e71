/** The key that dkms signs with, where the kernel loads signed modules only. Pure. */
import type { Survey } from '../machine/examine.js';
import { present } from '../machine/packages.js';
import { makeKey } from '../machine/secure-boot.js';
import { aptInstall } from './apt.js';
import type { Command, Step } from './step.js';

/** What the firmware asks after the reboot: the line of doctor about it. */
export const blueScreen = 'on the blue screen: Enroll MOK, Continue, Yes, the password from above, Reboot';

/** Whether the kernel would refuse the modules until the next boot. */
export function isKeyInTheWay({ secureBoot, key }: Survey): boolean {
  return secureBoot.isEnforced && !['enrolled', 'built-in', 'unknown'].includes(key.state);
}

/** Whether only root sees the key: a plan of a user lacks the steps for it. */
export function isKeyHidden({ secureBoot, key }: Survey): boolean {
  return secureBoot.isEnforced && key.state === 'denied';
}

/** Before anything is built: dkms signs what it builds then, and the program that enrols the key is there. */
export function keyStep({ secureBoot, key, dkms, packages }: Survey): Step | undefined {
  if (!secureBoot.isEnforced) return undefined;
  const lacksProgram = key.state === 'no-mokutil' || present(packages, 'mokutil') === undefined;
  const isMissing = key.state === 'missing';
  if (!isMissing && key.state !== 'no-mokutil') return undefined;
  const make: Command[] = isMissing ? makeKey(key.path, dkms.version).map(({ command }) => ({ line: command })) : [];
  const program: Command = { line: aptInstall('mokutil openssl') };
  return {
    id: 'key',
    title: isMissing ? `make the key that dkms signs with (${key.path})` : 'install mokutil, which enrols keys',
    commands: [...(lacksProgram ? [program] : []), ...make],
    root: true,
    checks: `${key.path} is there, and mokutil says whether it is enrolled`,
    wrong: (after) => (['missing', 'no-mokutil'].includes(after.key.state) ? `${after.key.path}: ${after.key.state}` : undefined),
  };
}

/** A person types the password: it must be theirs to type again on the blue screen. */
export function enrolStep({ secureBoot, key }: Survey): Step | undefined {
  if (!secureBoot.isEnforced || !['missing', 'no-mokutil', 'not-enrolled'].includes(key.state)) return undefined;
  return {
    id: 'enrol',
    title: 'ask the firmware to trust that key: type a new password twice, which the blue screen asks for once',
    commands: [{ line: `mokutil --import ${key.path}`, asks: true }],
    root: true,
    checks: 'mokutil says that the key waits for the next boot, or is enrolled',
    wrong: (after) => (['pending', 'enrolled'].includes(after.key.state) ? undefined : `${after.key.path} is ${after.key.state}`),
    undo: 'mokutil --revoke-import',
  };
}
