import { fail } from '../errors.js';

/**
 * Checks the text of a kernel configuration. kconfig itself passes over a line that it cannot read with a warning, and
 * another kernel than the one that was meant would come out.
 *
 * @throws source-unfit with the line
 */
export function checkConfig(path: string, text: string): string {
  const lines = text.split('\n');
  const isSetting = (line: string) => /^CONFIG_\w+=("(\\.|[^"\\])*"|[ynm]|-?\d+|0x[0-9a-fA-F]+)\s*$/.test(line);
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#') || isSetting(line)) continue;
    fail({
      code: 'source-unfit',
      path: `${path}:${index + 1}`,
      detail: `'${line.slice(0, 60)}' is no line of a kernel configuration`,
      hint: 'a line is CONFIG_NAME=value, or a comment; /boot/config-$(uname -r) is such a file',
    });
  }
  if (!lines.some(isSetting))
    fail({ code: 'source-unfit', path, detail: 'sets nothing: no line begins with CONFIG_', hint: 'give a whole .config' });
  return text;
}
