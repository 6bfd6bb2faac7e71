/** Completion for zsh 5, by its own _arguments. */
import { type CommandEntry, commandsBelow, known, type Lists, nameOf, type OptionEntry, type Placeholder, singleQuoted } from './table.js';

/** `image ls` has its function under _mft_patch_image_ls. */
const functionOf = (path: string) => ['_mft_patch', ...path.split(' ')].filter((word) => word !== '').join('_');

/** What has a meaning in a specification of _arguments. */
const escaped = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');

/** What completes a value, as an action of _arguments. */
function action({ value }: Placeholder, lists: Lists): string {
  const wanted = known(value, lists);
  switch (wanted.kind) {
    case 'words':
      return wanted.isList ? `_mft_patch_list ${wanted.words.join(' ')}` : `(${wanted.words.join(' ')})`;
    case 'files':
      return wanted.endings.length === 0 ? '_files' : `_files -g "*(${wanted.endings.join('|')})"`;
    case 'directories':
      return '_files -/';
    case 'text':
      return ' ';
  }
}

function optionSpec({ short, long, description, placeholder }: OptionEntry, lists: Lists): string {
  const text = `[${escaped(description)}]`;
  if (placeholder === undefined)
    return short === undefined
      ? singleQuoted(`${long}${text}`)
      : `${singleQuoted(`(${short} ${long})`)}{${short},${long}}${singleQuoted(text)}`;
  const { name, isOptional, isVariadic } = placeholder;
  const before = isVariadic ? ':*-*:' : isOptional ? '::' : ':';
  return singleQuoted(`*${long}=${text}${before}${escaped(name)}:${action(placeholder, lists)}`);
}

function argumentSpec(place: Placeholder, index: number, lists: Lists): string {
  const position = place.isVariadic ? '*:' : `${index + 1}:${place.isOptional ? ':' : ''}`;
  return singleQuoted(`${position}${escaped(place.name)}:${action(place, lists)}`);
}

function commandFunction(entry: CommandEntry, table: readonly CommandEntry[], lists: Lists): string {
  const { path, options, arguments: places } = entry;
  const specs = options.map((option) => optionSpec(option, lists));
  const lines = (all: readonly string[]) => all.map((spec) => ` \\\n        ${spec}`).join('');
  if (path === 'help') return `${functionOf(path)}() {\n    _mft_patch\n}\n`;
  const below = commandsBelow(entry, table);
  if (below.length === 0)
    return `${functionOf(path)}() {\n    _arguments -S${lines([...specs, ...places.map((place, index) => argumentSpec(place, index, lists))])}\n}\n`;
  const described = below.map((child) => singleQuoted(`${nameOf(child)}:${escaped(child.description)}`));
  const cases = below.map((child) => `        ${nameOf(child)}) ${functionOf(child.path)} ;;\n`).join('');
  return `${functionOf(path)}() {
    local curcontext=$curcontext state state_descr line
    local -A opt_args
    local -a commands=(${lines(described)}
    )
    _arguments -C${lines([...specs, "'(-): :->command'", "'(-)*:: :->rest'"])} && return
    if [[ $state == command ]]; then
        _describe command commands
        return
    fi
    case $words[1] in
${cases}    esac
}
`;
}

/** @param table the commands @param lists what the catalogues know @returns the script */
export function zshScript(table: readonly CommandEntry[], lists: Lists): string {
  const functions = table.map((entry) => commandFunction(entry, table, lists)).join('\n');
  return `#compdef mft-patch
# zsh completion for mft-patch, made by: mft-patch completion zsh

_mft_patch_list() {
    local -a words=("\${(@)argv:#-*}")
    _sequence _wanted values expl value compadd - $words
}

${functions}
# As a file in $fpath it is the function; with source it only defines it.
if [[ $funcstack[1] == _mft-patch || $funcstack[1] == _mft_patch ]]; then
    _mft_patch "$@"
else
    compdef _mft_patch mft-patch
fi
`;
}
