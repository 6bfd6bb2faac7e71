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
      detail: `'${line.slice(0, 60)}' is not a valid .config line`,
      hint: 'write CONFIG_NAME=value or a comment, as in /boot/config-$(uname -r)',
    });
  }
  if (!lines.some(isSetting)) fail({ code: 'source-unfit', path, detail: 'contains no CONFIG_ settings', hint: 'pass a complete .config' });
  return text;
}
