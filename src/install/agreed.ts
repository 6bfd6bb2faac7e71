/** Whether the user agrees to the steps. */
import type { InstallDocument, UninstallDocument } from '../documents/index.js';
import { fail } from '../errors.js';

/** Shows what would be done, and asks whether to do it. */
export type Confirm<Document> = (plan: Document) => Promise<boolean>;

/** @throws usage if nobody can be asked, or says no */
export async function agreed<Document extends InstallDocument | UninstallDocument>(
  plan: Document,
  { yes, confirm }: { yes: boolean; confirm: Confirm<Document> | undefined },
): Promise<void> {
  if (yes) return;
  if (!confirm)
    fail({ code: 'usage', detail: 'this is not a terminal, where you could agree', hint: 'see the steps with --dry-run, and pass --yes' });
  if (!(await confirm(plan))) fail({ code: 'usage', detail: 'nothing was done', hint: 'answer y to do these steps, or pass --yes' });
}
