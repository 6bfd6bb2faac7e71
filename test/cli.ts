/** The program as a user types it: every run asserts status, stdout and stderr. */
import { expect } from 'vitest';
import { type CliOptions, type CliResult, runCli } from './support.js';

/** What an output must be: the text, a pattern that it matches, or a part that it contains. */
export type Expected = string | RegExp | { contains: string };

// biome-ignore lint/suspicious/noExplicitAny: a document is what the test says that it is
type Document = any;

export interface Run {
  /** It exits 0; stdout is as expected, stderr empty unless said otherwise. */
  succeeds(stdout: Expected, stderr?: Expected): Promise<CliResult>;
  /** With --json it exits 0 and prints the document; stderr is empty unless said otherwise. @returns the document */
  prints(document: object, stderr?: Expected): Promise<Document>;
  /** As `prints`, with another exit code: for what a verification or a comparison found. */
  exits(status: number, document: object, stderr?: Expected): Promise<Document>;
  /**
   * With --json it exits with the status and prints the failure; on stderr are its words, after progress and warnings if the
   * test says that there are any.
   * @returns the failure
   */
  fails(
    status: number,
    failure: { code: string } & Record<string, unknown>,
    before?: Expected,
  ): Promise<{ code: string; message: string; hint: string } & Record<string, unknown>>;
}

/** As a process; or in this one with `isHere`, which takes a tenth of the time where a test has many command lines. */
async function run(words: string[], { isHere, ...options }: CliOptions & { isHere?: boolean }): Promise<CliResult> {
  if (!isHere) return runCli(words, options);
  const { runHere } = await import('./cli/in-process.js');
  process.chdir(options.cwd ?? '.');
  const { exit, ...output } = await runHere(words, options.env);
  return { status: exit, ...output };
}

/** A command line, its words separated by blanks, or given one by one. */
export function cli(line: string | readonly string[], options: CliOptions & { isHere?: boolean } = {}): Run {
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : [...line];
  const title = `mft-patch ${words.join(' ')}`;
  const exits: Run['exits'] = async (status, document, stderr = '') => {
    const result = await run(withJson(words), options);
    expect(result.status, `${title}: ${result.stdout}${result.stderr}`).toBe(status);
    check(result.stderr, stderr, `stderr of ${title}`);
    const printed = JSON.parse(result.stdout);
    expect(printed, title).toMatchObject(document);
    return printed;
  };
  return {
    exits,
    prints: (document, stderr) => exits(0, document, stderr),
    async succeeds(stdout, stderr = '') {
      const result = await run(words, options);
      expect(result.status, `${title}: ${result.stderr}`).toBe(0);
      check(result.stdout, stdout, `stdout of ${title}`);
      check(result.stderr, stderr, `stderr of ${title}`);
      return result;
    },
    async fails(status, failure, before = '') {
      const result = await run(withJson(words), options);
      expect(result.status, `${title}: ${result.stdout}${result.stderr}`).toBe(status);
      const { schema, message, hint, ...printed } = JSON.parse(result.stdout);
      expect(schema, title).toBe('mft-patch/error@1');
      expect({ ...printed, message, hint }, title).toMatchObject(failure);
      expect(message, title).toMatch(/\S/);
      expect(hint, title).toMatch(/^\S[^\n]*$/);
      const told = `mft-patch: ${message}\n  ${hint}\n`;
      expect(result.stderr.endsWith(told), `${title}: ${result.stderr}`).toBe(true);
      check(result.stderr.slice(0, -told.length), before, `stderr of ${title} before the failure`);
      return { ...printed, message, hint };
    },
  };
}

/** With --json behind the name of the command: at the end an option before it could take it for its value. */
function withJson(words: readonly string[]): string[] {
  if (words.includes('--json')) return [...words];
  const isBelow = ['image', 'cache'].includes(words[0] ?? '') || (words[0] === 'patches' && /^[a-z]/.test(words[1] ?? ''));
  const place = isBelow ? 2 : 1;
  return [...words.slice(0, place), '--json', ...words.slice(place)];
}

function check(actual: string, expected: Expected, title: string): void {
  if (typeof expected === 'string') expect(actual, title).toBe(expected);
  else if (expected instanceof RegExp) expect(actual, title).toMatch(expected);
  else expect(actual, title).toContain(expected.contains);
}
