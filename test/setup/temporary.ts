/** One directory for all temporary files of a run: it is removed at the end, also when the run is interrupted. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setUp(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'mft-patch-tests-'));
  // Some tests become another user, who must reach what is inside.
  chmodSync(directory, 0o711);
  // The processes of the tests are started after this, and inherit it.
  process.env.TMPDIR = directory;
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      remove();
      // Now it has the effect that it would have had.
      process.kill(process.pid, signal);
    });
  }
  return remove;
}
