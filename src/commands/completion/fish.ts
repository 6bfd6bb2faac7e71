/** Completion for fish 3. */
import { type CommandEntry, commandsBelow, known, type Lists, nameOf, type Placeholder } from './table.js';

/** A text between fish's single quotes. */
const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;

/** What completes a value, as options of `complete`. */
function completes({ value }: Placeholder, lists: Lists): string {
  const wanted = known(value, lists);
  switch (wanted.kind) {
    case 'words':
      return `-xa ${quoted(wanted.isList ? `(__mft_patch_list ${wanted.words.join(' ')})` : wanted.words.join(' '))}`;
    case 'files':
      return wanted.endings.length === 0
        ? '-rF'
        : `-rkxa ${quoted(`(${wanted.endings.map((end) => `__mft_patch_files ${end}`).join('; ')})`)}`;
    case 'directories':
      return `-xa '(__fish_complete_directories)'`;
    case 'text':
      return '-x';
  }
}

function optionsOf({ path, options }: CommandEntry, lists: Lists): string[] {
  return options.map(({ short, long, description, placeholder }) => {
    const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
    const value = placeholder === undefined ? '' : ` ${completes(placeholder, lists)}`;
    // With -x fish would insist on a value.
    return `complete -c mft-patch -n ${quoted(`__mft_patch_at ${quoted(path)}`)}${names} -d ${quoted(description)}${value}`;
  });
}

function placesOf(entry: CommandEntry, table: readonly CommandEntry[], lists: Lists): string[] {
  const { path, arguments: places } = entry;
  const at = `complete -c mft-patch -n ${quoted(`__mft_patch_at ${quoted(path)}`)}`;
  const below = commandsBelow(entry, table).map((child) => `${at} -fa ${nameOf(child)} -d ${quoted(child.description)}`);
  return [...below, ...places.filter(({ value }) => value.kind !== 'text').map((place) => `${at} ${completes(place, lists)}`)];
}

/** @param table the commands @param lists what the catalogues know @returns the script */
export function fishScript(table: readonly CommandEntry[], lists: Lists): string {
  const flagsOf = (isWanted: (place: Placeholder) => boolean) => {
    const options = table.flatMap((entry) => entry.options).filter(({ placeholder }) => placeholder && isWanted(placeholder));
    return [...new Set(options.map(({ long }) => long))].join(' ');
  };
  const lines = table.flatMap((entry) => [...placesOf(entry, table, lists), ...optionsOf(entry, lists)]);
  return `# fish completion for mft-patch, made by: mft-patch completion fish

# The command that the words before the cursor name, as in "image ls".
function __mft_patch_command
    set -l command
    set -l is_value no
    for word in (commandline -opc)[2..-1]
        if test $is_value = yes
            set is_value no
        else if string match -q -- '-*' $word
            contains -- $word ${flagsOf(({ isOptional, isVariadic }) => !isOptional && !isVariadic)}
            and set is_value yes
        else
            set -l longer (string join ' ' $command $word)
            contains -- $longer ${table.map(({ path }) => (path === '' ? '' : quoted(path))).join(' ')}
            or break
            # \`help\` takes the names of the others.
            test $longer = help
            or set command $longer
        end
    end
    echo "$command"
end

function __mft_patch_at
    test (__mft_patch_command) = "$argv[1]"
end

# The last of a list with commas.
function __mft_patch_list
    set -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '.*,')
    printf '%s\\n' "$before"$argv
end

function __mft_patch_files
    __fish_complete_directories
    __fish_complete_suffix $argv[1]
end

complete -c mft-patch -f
${lines.join('\n')}
`;
}
