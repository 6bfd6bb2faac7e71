/** The commands as their help shows them, with what the value of each option and argument may be. */

/** What stands for a value: `isList` is a list with commas. Without `endings` any file is meant, and directories always. */
export type Value =
  | { kind: 'words'; words: readonly string[]; isList?: boolean }
  | { kind: 'known'; list: ListName; isList?: boolean }
  | { kind: 'files'; endings: readonly string[] }
  | { kind: 'directories' }
  | { kind: 'text' };

/** What the catalogues know. */
export type ListName = 'kernels' | 'releases' | 'patches' | 'samples';
export type Lists = Readonly<Record<ListName, readonly string[]>>;

/** A value that follows an option or stands alone. */
export interface Placeholder {
  /** As the help calls it, without brackets. */
  name: string;
  value: Value;
  isOptional: boolean;
  isVariadic: boolean;
}

export interface OptionEntry {
  /** As -h. */
  short?: string;
  /** As --help. */
  long: string;
  /** With its choices and its default. */
  description: string;
  /** The heading that the help has it under. */
  heading: string;
  placeholder?: Placeholder;
}

export interface ArgumentEntry extends Placeholder {
  description: string;
}

export interface CommandEntry {
  /** As in `image ls`; empty for the program itself. */
  path: string;
  /** As in `mft-patch image ls [options]`. */
  usage: string;
  description: string;
  arguments: ArgumentEntry[];
  options: OptionEntry[];
  /** The names of the commands below it. */
  commands: string[];
  /** Command lines. */
  examples: readonly string[];
}

/** The commands below a command, in its order. */
export function commandsBelow({ path, commands }: CommandEntry, table: readonly CommandEntry[]): CommandEntry[] {
  return commands.flatMap((name) => table.find((entry) => entry.path === `${path} ${name}`.trim()) ?? []);
}

/** The last word of its path. */
export function nameOf({ path }: CommandEntry): string {
  return path.replace(/^.* /, '');
}

/** What a completion script can be asked for: all but what a catalogue has yet to say. */
export type KnownValue = Exclude<Value, { kind: 'known' }>;

/** Words that no shell takes for anything else. */
const plainWord = /^[\w.+~@%-]+$/;

/** What a value may be, its words as the catalogues have them; those with characters that a shell could take for its own are left out. */
export function known(value: Value, lists: Lists): KnownValue {
  if (value.kind !== 'words' && value.kind !== 'known') return value;
  const words = (value.kind === 'known' ? lists[value.list] : value.words).filter((word) => plainWord.test(word));
  return { kind: 'words', words, ...(value.isList ? { isList: true } : {}) };
}

/** A text between the single quotes of bash and zsh. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
