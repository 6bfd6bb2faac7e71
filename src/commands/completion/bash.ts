/** Completion for bash 4.2 and later, without the package bash-completion. */
import { type CommandEntry, type KnownValue, known, type Lists, type Placeholder, singleQuoted } from './table.js';

/** How the script names what a value is: `several` if it takes all words up to the next option. */
function valueWords({ value, isVariadic, isOptional }: Placeholder, lists: Lists): string {
  return `${isVariadic ? 'several' : isOptional ? 'perhaps' : 'one'} ${kindWords(known(value, lists))}`;
}

function kindWords(value: KnownValue): string {
  switch (value.kind) {
    case 'words':
      return [value.isList ? 'list' : 'words', ...value.words].join(' ');
    case 'files':
      return ['files', ...value.endings].join(' ');
    default:
      return value.kind;
  }
}

/** `case` patterns of the options with a value, by what that is; those that are the same in all commands once. */
function valueCases(table: readonly CommandEntry[], lists: Lists): string {
  const uses = table.flatMap(({ path, options }) =>
    options.flatMap(({ long, placeholder }) => (placeholder ? [{ path, long, words: valueWords(placeholder, lists) }] : [])),
  );
  const cases = new Map<string, Set<string>>();
  for (const { path, long, words } of uses) {
    const isSame = uses.every((use) => use.long !== long || use.words === words);
    const pattern = isSame ? `*' ${long}'` : `'${path} ${long}'`;
    cases.set(words, (cases.get(words) ?? new Set()).add(pattern));
  }
  return [...cases].map(([words, patterns]) => `        ${[...patterns].join(' | ')}) value=${singleQuoted(words)} ;;\n`).join('');
}

function commandCases(table: readonly CommandEntry[], lists: Lists): string {
  const cases = table.map(({ path, commands, options, arguments: places }) => {
    const flags = options.flatMap(({ short, long }) => [...(short === undefined ? [] : [short]), long]).join(' ');
    const values = places.map((place) => singleQuoted(valueWords(place, lists))).join(' ');
    return `        '${path}')
            commands='${commands.join(' ')}'
            options='${flags}'
            arguments=(${values})
            ;;
`;
  });
  return cases.join('');
}

/** @param table the commands @param lists what the catalogues know @returns the script */
export function bashScript(table: readonly CommandEntry[], lists: Lists): string {
  return `# bash completion for mft-patch, made by: mft-patch completion bash

# What a command has below it, its options, and what its arguments are.
_mft_patch_command() {
    commands='' options='' arguments=()
    case $1 in
${commandCases(table, lists)}    esac
}

# What follows an option of a command: nothing for one that stands alone.
_mft_patch_value() {
    value=
    case "$1 $2" in
${valueCases(table, lists)}    esac
}

# Completes a word. What may stand there follows it: how many, which kind, and of some kinds which.
_mft_patch_complete() {
    local current=$1 kind=$3 before='' ending
    shift 3
    case $kind in
        words | list)
            [[ $kind == words || $current != *,* ]] || before=\${current%,*},
            mapfile -t COMPREPLY < <(compgen -P "$before" -W "$*" -- "\${current#"$before"}")
            ;;
        files)
            compopt -o filenames 2> /dev/null
            (($# > 0)) || set -- ''
            mapfile -t COMPREPLY < <(
                compgen -d -- "$current"
                for ending; do compgen -f -X "!*$ending" -- "$current"; done | while read -r file; do [[ -d $file ]] || echo "$file"; done
            )
            ;;
        directories)
            compopt -o filenames 2> /dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            ;;
    esac
}

_mft_patch() {
    local current=\${COMP_WORDS[COMP_CWORD]} command='' value='' pending='' word commands options i
    local isHelp=no count=0
    local -a arguments
    COMPREPLY=()
    _mft_patch_command ''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        # \`--option=value\` comes as three words.
        if [[ $word == '=' ]]; then continue; fi
        if [[ -n $pending && ($pending == one* || $word != -?*) ]]; then
            [[ $pending == several* ]] || pending=
        elif [[ $word == -?* ]]; then
            _mft_patch_value "$command" "$word"
            pending=$value
        elif [[ $count == 0 && " $commands " == *" $word "* ]]; then
            pending=
            if [[ -z $command && $word == help ]]; then
                isHelp=yes
            else
                command=\${command:+$command }$word
                _mft_patch_command "$command"
            fi
        else
            pending=
            count=$((count + 1))
        fi
    done
    [[ $current != '=' ]] || current=
    if [[ $isHelp == yes ]]; then
        options='-h --help'
        arguments=()
    fi
    if [[ -n $pending && ($pending == one* || $current != -*) ]]; then
        # shellcheck disable=SC2086
        _mft_patch_complete "$current" $pending
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif [[ $count == 0 && -n $commands ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    elif ((\${#arguments[@]} > 0)); then
        [[ $count -lt \${#arguments[@]} || \${arguments[-1]} != several* ]] || count=$((\${#arguments[@]} - 1))
        # shellcheck disable=SC2086
        [[ -z \${arguments[count]-} ]] || _mft_patch_complete "$current" \${arguments[count]}
    fi
}

complete -F _mft_patch mft-patch
`;
}
