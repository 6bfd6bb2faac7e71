/** What a terminal shows in the middle of a run. */
import { spawn } from 'node:child_process';

/**
 * The lines on a screen that got this: of the terminal's codes those that progress is written with (ECMA-48: carriage return, line
 * feed, EL 2, CUU 1), and colours, which stay.
 *
 * @param {string} bytes
 * @returns {string}
 */
export function screenOf(bytes) {
  const rows = [''];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is read
  for (const [part] of bytes.matchAll(/\r|\n|\u001b\[2K|\u001b\[1A|(?:\u001b\[\d+m|[^\r\n\u001b])+/g)) {
    if (part === '\n') row++;
    else if (part === '\u001b[1A') row--;
    else if (part === '\u001b[2K') rows[row] = '';
    else if (part !== '\r') rows[row] += part;
    rows[row] ??= '';
  }
  return rows.join('\n');
}

/**
 * Runs a command on a terminal of 100 columns until its screen is as wanted, and ends it then.
 *
 * @param {string[]} command
 * @param {{cwd: string, env: NodeJS.ProcessEnv, until: RegExp}} how
 * @returns {Promise<string>} the screen
 * @throws {Error} if the command ends before
 */
export async function screenDuring(command, { cwd, env, until }) {
  const line = `stty cols 100 rows 30; exec ${command.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['--quiet', '--command', line, '/dev/null'], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let bytes = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    bytes += chunk;
    const screen = screenOf(bytes);
    if (!until.test(screen)) continue;
    child.kill('SIGINT');
    child.stdout.resume();
    await ended;
    return screen;
  }
  throw new Error(`${command.join(' ')} ended, and its screen never was like ${until}:\n${screenOf(bytes)}`);
}
