/** The history of a matrix, a file of JSON lines (documents/history.ts): since when each cell is as it is. */
import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import type { CellHistory, HistoryLine, MatrixCell, MatrixDocument } from '../../documents/index.js';
import { fail, failInput } from '../../errors.js';
import { cellKey, releaseOf } from '../../report/releases.js';
import { dateOf } from '../../report/run-words.js';
import { writeAtomic } from '../../system/stage.js';

/** What --history and --fail-on-turned say. */
export interface HistoryRequest {
  /** The file; it is made if it is missing. Undefined for no history. */
  history: string | undefined;
  failOnTurned: boolean;
}

/**
 * The result with what the history says of each cell. The run itself becomes a line of the file, in the place of one of the same
 * time: merging the same results again changes nothing.
 *
 * @throws usage for a line that is none, and for a result that does not say when it was made; cannot-write
 */
export async function withHistory(
  document: MatrixDocument,
  { history: path, failOnTurned }: HistoryRequest,
  context: Context,
): Promise<MatrixDocument> {
  if (path === undefined) return document;
  const lines = await readHistory(path);
  const now = lineOf(document, path);
  const before = lines.filter(({ date }) => date < now.date);
  const all = [...lines.filter(({ date }) => date !== now.date), now].sort((a, b) => (a.date < b.date ? -1 : 1));
  await writeAtomic(path, all.map((line) => `${JSON.stringify(line)}\n`).join(''), context);
  const statuses = before.map(({ date, cells }) => ({ date, cells: new Map(cells.map((cell) => [cellKey(cell, cell), cell.status])) }));
  const cells = document.cells.map((cell): MatrixCell => {
    const key = cellKey(document, cell);
    const past = statuses.flatMap(({ date, cells }) => {
      const status = cells.get(key);
      return status === undefined ? [] : [{ date, status }];
    });
    return { ...cell, history: historyOf(past, { date: now.date, status: cell.patched.status }) };
  });
  return { ...document, ...(failOnTurned ? { failOnTurned } : {}), cells };
}

interface Past {
  date: string;
  status: MatrixCell['patched']['status'];
}

const isKnown = ({ status }: Past): boolean => status === 'builds' || status === 'fails';

/**
 * Since when a cell has its status. A run that could not test it says nothing of the package: between two that fail it is as if it
 * had not been. What cannot be tested now is compared with all runs.
 *
 * @param past the runs before, the oldest first
 */
export function historyOf(past: readonly Past[], now: Past): CellHistory {
  const counted = isKnown(now) ? past.filter(isKnown) : past;
  const isSame = (run: Past) => (isKnown(now) ? run.status === now.status : !isKnown(run));
  const last = counted.findLastIndex((run) => !isSame(run));
  const before = counted[last]?.status;
  const same = counted.slice(last + 1);
  return {
    since: same[0]?.date ?? now.date,
    runs: same.length + 1,
    ...(before === undefined ? {} : { before }),
    turned: now.status !== 'builds' && same.length === 0,
  };
}

/** @throws usage with the number of a line that is none */
async function readHistory(path: string): Promise<HistoryLine[]> {
  const text = await readFile(path, 'utf8').catch((error) => (error.code === 'ENOENT' ? '' : failInput(path, error, 'check --history')));
  const [{ safeParse }, { historyLine }] = await Promise.all([import('valibot'), import('../../documents/history.js')]);
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const result = safeParse(historyLine, parsed(line));
    if (result.success) return [result.output];
    const hint = 'remove this line, or pass another file with --history';
    return fail({ code: 'usage', detail: `${path}:${index + 1} is not a line of a history`, hint });
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @throws usage for a result without a time */
function lineOf(document: MatrixDocument, path: string): HistoryLine {
  const hint = 'omit --history, or run matrix again';
  const date = dateOf(document) ?? fail({ code: 'usage', detail: `the result does not say when it was made, as ${path} must`, hint });
  const program = document.cells.find(({ patched }) => patched.on)?.patched.on?.program.version;
  return {
    schema: 'mft-patch/history@1',
    date,
    ...(program === undefined ? {} : { program }),
    cells: document.cells.map((cell) => ({
      ...releaseOf(document, cell),
      target: cell.target,
      release: cell.release,
      status: cell.patched.status,
      ...(cell.patched.failedStep ? { failedStep: cell.patched.failedStep } : {}),
    })),
  };
}
