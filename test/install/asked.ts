/** What install and uninstall are asked for in tests: nothing but the machine itself. */
import type { InstallRequest } from '../../src/commands/install.js';
import type { UninstallRequest } from '../../src/commands/uninstall.js';

const never = (): never => {
  throw new Error('nothing is built or asked in this test');
};

export const installAsked: InstallRequest = {
  ...{ source: undefined, typed: [], built: undefined, general: [], dryRun: false, yes: true, confirm: undefined, verify: 'if-possible' },
  ...{ releaseSource: never, build: never },
};

export const uninstallAsked: UninstallRequest = { vendor: undefined, general: [], dryRun: false, yes: true, confirm: undefined };
