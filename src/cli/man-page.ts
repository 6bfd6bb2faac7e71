/** The man page, man(7): made of the same commands and options as the help. */
import type { ArgumentEntry, CommandEntry, OptionEntry, Placeholder } from '../commands/completion/table.js';
import { general } from './options.js';

export interface Edition {
  version: string;
  /** As 2026-11-25. */
  date: string;
}

/** What roff would take for something else than the character of a command line: hyphens, quotes and accents among them. */
const special: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** A text as roff takes it, in ASCII. */
function roff(text: string): string {
  return text.replace(
    /[\\'`^~-]|[^ -~]/gu,
    (char) => special[char] ?? `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** The longest line that mandoc(1) finds good. */
const width = 80;

/** Lines of words that are escaped already; none of them begins like a request. */
function filled(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => line.replace(/^\./, '\\&.')).join('\n');
}

const bold = (text: string) => `\\fB${roff(text)}\\fR`;
const italic = (text: string) => `\\fI${roff(text)}\\fR`;

/** A text as it is written here: a word in backquotes is bold. */
function prose(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? bold(part) : roff(part)))
    .join('');
}

function placeholderOf({ name, isOptional, isVariadic }: Placeholder): string {
  const inner = `${italic(name)}${isVariadic ? roff('...') : ''}`;
  return isOptional ? `[${inner}]` : inner;
}

function optionLines({ short, long, description, placeholder }: OptionEntry): string {
  const names = [...(short === undefined ? [] : [bold(short)]), bold(long)].join(', ');
  return `.TP\n${names}${placeholder === undefined ? '' : ` ${placeholderOf(placeholder)}`}\n${filled(roff(description))}`;
}

function argumentLines(argument: ArgumentEntry): string {
  return `.TP\n${placeholderOf(argument)}\n${filled(roff(argument.description))}`;
}

/** Options under the headings that the help has them under. */
function optionGroups(options: readonly OptionEntry[]): string[] {
  const headings = [...new Set(options.map(({ heading }) => heading))];
  return headings.map((heading) => {
    const lines = options.filter((option) => option.heading === heading).map(optionLines);
    return [...(heading === '' ? [] : [`.PP\n${roff(heading)}`]), ...lines].join('\n');
  });
}

const generalOf = ({ options }: CommandEntry) => options.filter(({ heading }) => heading === general);
const namesOf = (options: readonly OptionEntry[]) => options.map(({ long }) => long).join();

/** @param shared the general options that are described once */
function commandSection(entry: CommandEntry, shared: readonly OptionEntry[]): string {
  const { path, usage, description, arguments: places, options, examples } = entry;
  const isShared = namesOf(generalOf(entry)) === namesOf(shared);
  const own = options.filter(({ heading }) => !isShared || heading !== general);
  return [
    `.SS "${roff(path)}"`,
    bold(usage),
    `.PP\n${filled(roff(`${description[0]?.toUpperCase()}${description.slice(1)}.`))}`,
    ...places.map(argumentLines),
    ...optionGroups(own),
    ...(examples.length === 0 ? [] : [`.PP\nExamples:\n.PP\n.EX\n${examples.map(roff).join('\n')}\n.EE`]),
  ].join('\n');
}

const list = (rows: readonly [string, string][]) => rows.map(([term, text]) => `.TP\n${bold(term)}\n${filled(prose(text))}`).join('\n');

const exits = list([
  ['0', 'done'],
  ['1', 'a verification failed, a rebuilt or compared package differs, or doctor found a fault'],
  ['2', 'usage, or a data file is wrong'],
  ['3', 'input: a bundle, package or download is wrong'],
  ['4', 'a patch does not apply'],
  ['5', 'the environment (no engine, no network, no space), or a kernel that could not be tested or is missing'],
  ['130', 'interrupted'],
]);

const environment = list([
  ['MFT_PATCH_MIRROR', "the base URL to download the vendor's releases from, where `--mirror` is not given"],
  ['XDG_CACHE_HOME', 'where the cache is, instead of ~/.cache'],
  ['NETRC', 'the file with the credentials of servers, instead of ~/.netrc'],
  ['http_proxy, https_proxy, no_proxy', 'proxies for downloads'],
  ['DOCKER_HOST, DOCKER_CONTEXT, CONTAINER_HOST', 'the container engine, where `--engine` is not given'],
]);

const files = list([
  ['mft-patch.json', 'options of a project, in the working directory or where `--config` says'],
  ['mft-patch.lock', 'the SHA-256 of what was downloaded and no catalogue knows, in the working directory or where `--lock` says'],
  ['~/.cache/mft-patch', 'bundles, logs and verdicts'],
]);

/**
 * Makes the page.
 * @param table the commands as the help shows them
 * @returns man(7) source, ASCII
 */
export function manPage(table: readonly CommandEntry[], { version, date }: Edition): string {
  const [program, ...commands] = table;
  const shared = commands.map(generalOf).reduce((most, options) => (options.length > most.length ? options : most), []);
  const description = program?.description ?? '';
  return `${[
    `.TH MFT\\-PATCH 1 "${date}" "mft\\-patch ${roff(version)}" "User Commands"`,
    `.SH NAME\n${filled(`mft\\-patch \\- ${roff(`${description[0]?.toLowerCase()}${description.slice(1, -1)}`)}`)}`,
    `.SH SYNOPSIS\n${bold('mft-patch')} ${italic('command')} [${italic('option')}...] [${italic('argument')}...]`,
    `.SH DESCRIPTION\n${filled(roff(description))}\nThe result goes to standard output,\nprogress, warnings and errors to standard error.`,
    `.PP\n${bold('mft-patch')} itself takes:`,
    ...(program?.options ?? []).map(optionLines),
    '.SH COMMANDS',
    ...commands.map((entry) => commandSection(entry, shared)),
    '.SH GENERAL OPTIONS\nA command for which no general options are listed above takes these:',
    ...shared.map(optionLines),
    `.SH EXIT STATUS\n${exits}`,
    `.SH ENVIRONMENT\n${environment}`,
    `.SH FILES\n${files}`,
    `.SH SEE ALSO\n${bold('dkms')}(8), ${bold('apt')}(8), ${bold('docker')}(1), ${bold('podman')}(1)`,
  ].join('\n')}\n`;
}
