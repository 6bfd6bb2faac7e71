/** What comes out of a container in which a hostile package has run: archives of facts, and the words in them. */
import fc from 'fast-check';
import { plainPath } from '../../build/deb/deb.js';
import { readTar } from '../../build/deb/tar.js';
import { textsOf } from '../../build/containers/container.js';
import { judge } from '../../build/verify/judge.js';
import { judgeBoot } from '../../build/verify/judge-boot.js';
import { joinTar, tarHead } from '../archives.js';
import { codeOf } from '../cli.js';
import { edited } from '../edits.js';
import { Fault } from '../fault.js';
import { editedEntries, layeredEdit } from '../package-edits.js';

const release = '6.1.0-50-amd64';
const verify = {
  release: `${release}\n`,
  'dpkg.log': 'Setting up kernel-mft-dkms (4.20.1-14) ...\napplying patch mft-patch-dma-unmap.patch...patching file mst_pciconf.c\n',
  'dpkg.exit': '0\n',
  'package.status': 'installed\n',
  'dkms.status': `kernel-mft-dkms/4.20.1, ${release}, x86_64: installed\n`,
  modules: `mst_pci\t/var/x.ko\t/lib/modules/${release}/updates/dkms/mst_pci.ko\t${release} SMP mod_unload \n`,
  'make.log': "x.c:1: error: implicit declaration of function 'pci_unmap_single'\n",
  oom: '0\n',
  'refused-forks': '0\n',
};
const rounds = ['load', 'loaded', 'device 240 mst_pci', 'ioctl mst_pci Inappropriate ioctl for device', 'unload', 'unloaded'];
const console = [`init ${release}`, ...[...rounds, ...rounds].map((words) => `mst_pci ${words}`), 'end'].map(
  (line) => `[    1.0] mft-patch: ${line}\n`,
);
const boot = { release: `${release}\n`, console: console.join(''), limit: '180\n', 'qemu.exit': '0\n', 'qemu.log': '', missing: '' };
const target = { name: 'debian-12', kernel: '6.1', rolling: false };
const limits = { memory: '2g', processes: 2048, disk: '4g' };

const entriesOf = (facts) =>
  Object.entries(facts).map(([name, text]) => ({ head: tarHead({ name: `./${name}` }), body: Buffer.from(text) }));
const reports = [verify, boot].map(entriesOf);

export function reportTarget() {
  return {
    inputs: fc.record({
      base: fc.nat(1),
      edits: fc.array(layeredEdit(['text', 'text', 'head', 'entries', 'tar']), { minLength: 1, maxLength: 4 }),
    }),
    bytes: ({ base, edits }) => {
      const entries = edits.filter(({ layer }) => layer !== 'tar').reduce(editedEntries, reports[base]);
      return edits.filter(({ layer }) => layer === 'tar').reduce((bytes, { edit }) => edited(bytes, edit), joinTar(entries));
    },
    run: async (bytes) => {
      let facts;
      const code = codeOf(() => {
        const entries = readTar(bytes, 'report').filter(({ type }) => type === 'file');
        facts = textsOf(new Map(entries.map((entry) => [plainPath(entry), entry.body])));
      }, ['package-damaged', 'package-unfit']);
      if (code) return code;
      const verdicts = [judge(facts, target, limits), judgeBoot(facts, ['mst_pci'])];
      for (const { status, reason } of verdicts) {
        if (!['builds', 'loads', 'fails', 'error'].includes(status)) throw new Fault('wrong', `a verdict of ${status}`);
        if (status !== 'builds' && status !== 'loads' && !reason) throw new Fault('wrong', `${status} without a reason`);
      }
      return 'accepted';
    },
  };
}
