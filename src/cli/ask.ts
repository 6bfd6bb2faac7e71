import { createInterface } from 'node:readline/promises';

/**
 * What asks a person and waits for the answer: the question goes to stderr, since stdout carries the result.
 * @returns undefined unless stdin and stderr are terminals
 */
export function asker(signal: AbortSignal): ((question: string) => Promise<string | undefined>) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    // Without `terminal` the terminal itself edits the line, and Ctrl-C is a signal as anywhere.
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    const ended = new AbortController();
    lines.on('close', () => ended.abort());
    try {
      return await lines.question(question, { signal: AbortSignal.any([signal, ended.signal]) });
    } catch (error) {
      if (signal.aborted) throw error;
      // Ctrl-D: nothing more is answered.
      return undefined;
    } finally {
      lines.close();
    }
  };
}
