/** The output of a container in which a malicious package has run: archives of facts, and the texts in them. */
import fc from 'fast-check';
import { textsOf } from '../../../build/containers/container.js';
import { plainPath } from '../../../build/deb/deb.js';
import { readTar } from '../../../build/deb/tar.js';
import type { Target } from '../../../build/kernels/target.js';
import type { Facts } from '../../../build/verify/facts.js';
import { judge } from '../../../build/verify/judge.js';
import { judgeBoot } from '../../../build/verify/judge-boot.js';
import { joinTar, type Part, tarHead } from '../archives.js';
import { codeOf } from '../cli.js';
import { chosen, edited } from '../edits.js';
import { Fault } from '../fault.js';
import { editedEntries, type LayeredEdit, layeredEdit } from '../package-edits.js';
import type { FuzzTarget } from '../target.js';

const release = '6.1.0-50-amd64';
const verify = {
  release: `${release}\n`,
  'install.log': 'Setting up kernel-mft-dkms (4.20.1-14) ...\n',
  'install.exit': '0\n',
  sources: '/usr/src/kernel-mft-dkms-4.20.1\tkernel-mft-dkms\t4.20.1\n',
  patches: 'mft-patch-dma-unmap.patch\n',
  symbols: 'mst_pci\tunknown\tgone\n',
  'kernelHook.exit': '0\n',
  'remove.exit': '0\n',
  left: '\n',
  'package.status': 'installed\n',
  'dkms.status': `kernel-mft-dkms/4.20.1, ${release}, x86_64: installed\n`,
  modules: `mst_pci\t/var/x.ko\t/lib/modules/${release}/updates/dkms/mst_pci.ko\t${release} SMP mod_unload \n`,
  'make.log': "x.c:1: error: implicit declaration of function 'pci_unmap_single'\n",
  oom: '0\n',
  'refused-forks': '0\n',
};
const answers = ['open 0', 'INIT-NULL -14', 'INIT 0', 'PCI_PARAMS 0 0xfea00000 0x100000', 'STOP 0'];
const asked = answers.flatMap((answer) => [`asks ${answer.split(' ')[0]}`, `answer ${answer}`]);
const rounds = ['load', 'loaded', 'device 240 mst_pci', ...asked, 'unload', 'unloaded'];
const lines = [
  `init ${release} 0x00000000fea00000 0x100000 0x11e81234`,
  ...[...rounds, ...rounds].map((words) => `mst_pci ${words}`),
  'end',
].map((line) => `[    1.0] mft-patch: ${line}\n`);
const boot = {
  ...{ release: `${release}\n`, expected: `${release}\n`, accel: 'tcg\n', console: lines.join(''), limit: '180\n' },
  ...{ 'qemu.exit': '0\n', 'qemu.log': '', missing: '' },
};
const target: Target = {
  ...{ name: 'debian-12', title: 'Debian 12', kernel: '6.1', rolling: false, image: 'debian:bookworm-slim', suites: ['bookworm'] },
  ...{ headers: 'linux-headers-{arch}', snapshot: '', checkValidUntil: true, tried: [] },
};
const limits = { memory: '2g', processes: 2048, disk: '4g' };

function entriesOf(facts: Record<string, string>): Part[] {
  return Object.entries(facts).map(([name, text]) => ({ head: tarHead({ name: `./${name}` }), body: Buffer.from(text) }));
}
const reports = [verify, boot].map(entriesOf);

interface ReportInput {
  base: number;
  edits: LayeredEdit[];
}

/** The facts in a report, as the program reads them. */
function factsIn(bytes: Buffer): Facts {
  const entries = readTar(bytes, 'report').filter(({ type }) => type === 'file');
  return textsOf(new Map(entries.map((entry) => [plainPath(entry), entry.body])));
}

function judgeFacts(facts: Facts): void {
  for (const { status, reason } of [judge(facts, target, limits), judgeBoot(facts, ['mst_pci'])]) {
    if (!['builds', 'loads', 'fails', 'error'].includes(status)) throw new Fault('wrong', `a verdict of ${status}`);
    if (status !== 'builds' && status !== 'loads' && !reason) throw new Fault('wrong', `${status} without a reason`);
  }
}

export function reportTarget(): FuzzTarget<ReportInput> {
  return {
    inputs: fc.record({
      base: fc.nat(1),
      edits: fc.array(layeredEdit(['text', 'text', 'head', 'entries', 'tar']), { minLength: 1, maxLength: 4 }),
    }),
    bytes: ({ base, edits }) => {
      const entries = edits.filter(({ layer }) => layer !== 'tar').reduce<readonly Part[]>(editedEntries, chosen(reports, base));
      return edits.filter(({ layer }) => layer === 'tar').reduce((bytes, { edit }) => edited(bytes, edit), joinTar(entries));
    },
    run: async (bytes) => {
      const read: Facts[] = [];
      const code = codeOf(() => read.push(factsIn(bytes)), ['package-damaged', 'package-unfit']);
      for (const facts of read) judgeFacts(facts);
      return code ?? 'accepted';
    },
  };
}
