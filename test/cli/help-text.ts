/** The commands and options as `--help` prints them: what man page and completion must agree with. */
import { runHere } from './in-process.js';

export interface Told {
  /** As in `image ls`; empty for the program. */
  command: string;
  /** All flags, long and short, sorted. */
  flags: string[];
  /** The names of the commands below it, sorted. */
  commands: string[];
}

/** What follows a heading, up to the next one. */
const sectionOf = (help: string, heading: string) => new RegExp(`^${heading}:\\n((?: .*\\n|\\n(?= ))*)`, 'm').exec(help)?.[1] ?? '';

/** The help of the program and, one after another, of all commands below it. */
export async function allHelp(command = ''): Promise<Told[]> {
  const { stdout } = await runHere([...command.split(' '), '--help'].filter((word) => word !== ''));
  const flags = [...stdout.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)].flatMap(([, short, long = '']) => [...(short ? [short] : []), long]);
  const headings = ['Commands', 'Package', 'Kernels', 'Machine', 'Patches', 'Releases and settings'];
  const commands = [
    ...headings
      .map((heading) => sectionOf(stdout, heading))
      .join('')
      .matchAll(/^ {2}([a-z]+)/gm),
  ].map(([, name = '']) => name);
  const below = await Promise.all(commands.map((name) => allHelp(`${command} ${name}`.trim())));
  return [{ command, flags: flags.sort(), commands: commands.sort() }, ...below.flat()];
}
