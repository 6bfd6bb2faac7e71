/** The commands for the machine with the card. */
import type { MakeCommand, Show } from './command-maker.js';

export function addMachineCommands(command: MakeCommand, show: Show): void {
  command('doctor', 'examine this machine: kernel, headers, dkms, packages, Secure Boot, card; prints what cures each fault', {
    examples: ['mft-patch doctor', 'mft-patch doctor --json'],
  }).action((options) => show(options, async (context) => (await import('../commands/doctor.js')).doctor(context)));
}
