/** The keys of the project file. */
import { type OptionName, options } from './options.js';

/** An option that the file may set: its name in the table is its key. */
export type Key = Exclude<OptionName, 'file'>;

/** What has no use in a file: what is asked for once, or is another one's name. */
const others: Key[] = [
  ...([
    'json',
    'config',
    'list',
    'format',
    'merge',
    'dryRun',
    'askVendor',
    'refresh',
    'fresh',
    'headers',
    'here',
    'stat',
    'exitCode',
    'failOnTurned',
    'check',
    'add',
  ] as const),
  ...(['imagesOlderThan', 'refreshAge', 'built', 'vendor', 'dryRunSteps', 'yes'] as const),
  ...(['kernelToBake', 'kernelToPlan', 'kernelToDiagnose', 'kernels', 'universal'] as const),
];
export const keys = (Object.keys(options) as Key[]).filter((name) => !others.includes(name));
