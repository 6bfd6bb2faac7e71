/** What the guests of test/guests need: QEMU, its firmware, and what makes file systems and reads them. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { installPackages } from './machine.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Why there can be no guest; empty if there can. */
    noGuest: string;
  }
}

export default function setUp(project: TestProject): void {
  const isDebian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (isDebian) installPackages(['e2fsprogs', 'mmdebstrap', 'mtools', 'ovmf', 'qemu-system-x86']);
  const absent = ['debugfs', 'mcopy', 'mmdebstrap', 'qemu-system-x86_64'].filter((program) => spawnSync('which', [program]).status !== 0);
  const reason =
    process.getuid?.() !== 0 ? 'only root makes file systems with devices' : absent.map((name) => `not installed: ${name}`).join(', ');
  if (reason !== '' && process.env.CI === 'true') throw new Error(`CI=true, but there is no guest: ${reason}`);
  project.provide('noGuest', reason);
}
