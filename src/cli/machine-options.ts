/** Options of install and uninstall. */
import { Option } from '@commander-js/extra-typings';
import { notEmpty } from './option-values.js';

const source = 'Source:';
const steps = 'Steps:';

export const machineOptions = {
  built: new Option('--built <dir>', 'install the packages that build --with-userland has written to DIR, also on another machine')
    .argParser(notEmpty)
    .helpGroup(source),
  vendor: new Option('--vendor <bundle>', "go back to the vendor's package in this bundle; default: to none")
    .argParser(notEmpty)
    .helpGroup(source),
  dryRunSteps: new Option('--dry-run', 'print all steps with their commands, and do nothing').helpGroup(steps),
  yes: new Option('--yes', 'do the steps without asking, as in a script').helpGroup(steps),
};
