/** The result of `config` in plain text. */
import type { ConfigDocument, ConfigSetting } from '../documents/index.js';
import { shellWord } from '../shell-word.js';
import { table } from './table.js';

/** Each key with its value, and where that is from. */
export function renderConfig({ settings }: ConfigDocument): string {
  return table(
    ['KEY', 'VALUE', 'FROM'],
    settings.map(({ key, value, from }) => [key, Array.isArray(value) ? value.map(shellWord).join(' ') : String(value), origin(from)]),
  );
}

function origin({ kind, flag, file = '', line, variable }: ConfigSetting['from']): string {
  return { flag: flag ?? '', file: `${file}:${line}`, environment: `$${variable}`, default: 'default' }[kind];
}
