/** A result of several releases, for the tests of its renderers. */
import type { CellVerdict, MatrixCell, MatrixDocument } from '../../src/documents/index.js';
import { cellOf, onOf, words } from './matrices.js';

const old = { version: '4.20.1', revision: '14' };
const lts = { version: '4.22.1', revision: '526' };
const tools = { dkms: '3.0.10', compiler: 'gcc (Debian 12.2.0-14) 12.2.0' };

/** Three kernels and two releases: one is red since long, one since now, and one cell is missing. */
export function released(): MatrixDocument {
  const cell = (mft: typeof old, target: string, status: CellVerdict['status'], changes: Partial<MatrixCell> = {}): MatrixCell => ({
    ...cellOf({ target, vendor: { status: 'fails', failedStep: 'builds', reason: words, seconds: 9.5, log: '' } }),
    mft,
    patched: {
      ...cellOf().patched,
      artifact: `/home/me/out/kernel-mft-dkms_${mft.version}-${mft.revision}+mftpatch.universal2026112601.ge7471d3_all.deb`,
      ...(status === 'fails' ? { status, failedStep: 'builds', reason: words } : { status }),
      tools,
      on: onOf({ package: (mft === old ? 'a' : 'b').repeat(64) }),
    },
    ...changes,
  });
  const since = (date: string, turned: boolean) => ({ history: { since: `${date}T03:17:00.000Z`, runs: turned ? 1 : 5, turned } });
  return {
    schema: 'mft-patch/matrix@1',
    mft: old,
    date: '2026-11-26T03:17:00.000Z',
    seconds: 412.5,
    releases: [{ mft: old, maxKernel: '5.10' }, { mft: lts }],
    cells: [
      cell(old, 'debian-11', 'builds', { kernel: '5.10', release: '5.10.0-40-amd64', ...since('2026-10-01', false) }),
      cell(old, 'debian-12', 'fails', since('2026-11-22', false)),
      cell(lts, 'debian-11', 'builds', { kernel: '5.10', release: '5.10.0-40-amd64', ...since('2026-10-01', false) }),
      cell(lts, 'debian-12', 'builds', since('2026-10-01', false)),
      cell(lts, 'debian-13', 'fails', { kernel: '6.12', release: '6.12.94+deb13-amd64', ...since('2026-11-26', true) }),
    ],
  };
}
