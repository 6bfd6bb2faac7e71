/** The options of the commands that make patches; what other commands have, too, is in options.ts. */
import { Option } from '@commander-js/extra-typings';

const patches = 'Patches:';
const header = 'Header of the patch:';
const output = 'Output:';

function gather(value: string, before: string[] = []): string[] {
  return [...before, value];
}

export const workbenchOptions = {
  kernelToEdit: new Option('--kernel <kernel>', 'the kernel whose patches are applied').argParser(gather).helpGroup('Kernels:'),
  dir: new Option('--dir <dir>', 'directory to lay the source out in (default: mft-RELEASE-linux-KERNEL)').helpGroup(output),
  patchesToWrite: new Option('--patches <dir>', 'the series that a new patch is added to').default('patches').helpGroup(patches),
  id: new Option('--id <name>', 'the patch that changes go to which are not in lines of another one of yours')
    .makeOptionMandatory()
    .helpGroup(patches),
  description: new Option('--description <text>', 'what it does, in one line').helpGroup(header),
  origin: new Option('--origin <text>', 'where the fix comes from').helpGroup(header),
  license: new Option('--license <text>', 'licence of the source that it changes').helpGroup(header),
  kernelRange: new Option('--kernel-range <range>', 'kernels that need it, as >=6.4; * for all').helpGroup(header),
  mftRange: new Option('--mft-range <range>', 'releases of MFT that need it; * for all').helpGroup(header),
  goodOnOlder: new Option('--good-on-older <text>', 'yes or no, then why: whether it is good on older kernels, too').helpGroup(header),
  probe: new Option('--probe <text>', "how a kernel's headers show that it needs the patch").helpGroup(header),
  neededIf: new Option('--needed-if <regex>', 'what the changed files match if they have the fault').helpGroup(header),
  symptom: new Option('--symptom <text>', "the compiler's words without the patch").helpGroup(header),
  diagnosis: new Option('--diagnosis <file>', 'take fields from a document of mft-patch diagnose --json').helpGroup(header),
  verdicts: new Option('--verdicts <file>', 'a result of matrix or try, with what the patch was tested on').helpGroup(output),
};

/** The fields of a header by the options that give them. */
export function headerOf(given: {
  description?: string | undefined;
  origin?: string | undefined;
  license?: string | undefined;
  kernelRange?: string | undefined;
  mftRange?: string | undefined;
  goodOnOlder?: string | undefined;
  probe?: string | undefined;
  neededIf?: string | undefined;
  symptom?: string | undefined;
}): Record<string, string> {
  const fields = {
    Description: given.description,
    Origin: given.origin,
    License: given.license,
    Kernel: given.kernelRange,
    MFT: given.mftRange,
    'Good-On-Older': given.goodOnOlder,
    Probe: given.probe,
    'Needed-If': given.neededIf,
    Symptom: given.symptom,
  };
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
