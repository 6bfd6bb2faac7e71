import { extname } from 'node:path';
import type { Context } from '../context.js';
import { fail } from '../errors.js';
import type { MatrixDocument } from '../documents.js';
import { writeWhole } from '../system/stage.js';
import { asJson } from '../output/output-directory.js';

const renderers: Record<string, () => Promise<(document: MatrixDocument) => string>> = {
  '.json': async () => asJson,
  '.xml': async () => (await import('../report/junit.js')).renderJunit,
  '.md': async () => (await import('../report/markdown.js')).renderMarkdown,
  '.html': async () => (await import('../report/html.js')).renderHtml,
};

/** Refuses a report whose name does not tell its format. @throws usage */
export function checkReports(paths: readonly string[]): void {
  const stranger = paths.find((path) => !(extname(path) in renderers));
  if (stranger !== undefined) {
    fail({
      code: 'usage',
      detail: `--report ${stranger}: its name does not tell the format`,
      hint: `let it end in ${Object.keys(renderers).join(', ')}`,
    });
  }
}

/** Writes the result to each file, in the format that its name ends in. @throws cannot-write */
export async function writeReports(paths: readonly string[], document: MatrixDocument, context: Context): Promise<void> {
  for (const path of paths) {
    const render = await renderers[extname(path)]?.();
    if (render) await writeWhole(path, render(document), context);
  }
}
