/** Machines with Ubuntu, Proxmox and others, as users have reported them. */
import {
  compilers,
  device,
  docker,
  dockerDenied,
  gcc,
  headers,
  kernel,
  modules,
  noSecureBoot,
  ours,
  secureBoot,
  started,
} from './parts.js';
import type { Description } from './stand-in.js';

const pve = '6.8.12-4-pve';
const hwe = '6.8.0-60-generic';
const noble = '6.8.0-79-generic';
const azure = '6.8.0-1013-azure';

export const others: Record<string, Description> = {
  'proxmox-8-no-headers': {
    title: 'Proxmox 8 without a subscription: apt knows no headers; the modules that were there are of the kernel before',
    system: 'Debian GNU/Linux 12 (bookworm)',
    release: pve,
    root: true,
    files: { ...kernel(pve), ...compilers(12), ...device('41:00.0', '1015'), ...device('41:00.1', '1015') },
    packages: [
      'ii  proxmox-ve 8.2.0',
      'ii  proxmox-default-kernel 1.1.0',
      'ii  proxmox-kernel-6.8 6.8.12-4',
      `ii  proxmox-kernel-${pve}-signed 6.8.12-4`,
      'ii  dkms 3.0.10-8+deb12u1',
      `ii  kernel-mft-dkms ${ours}`,
      'ii  mft 4.20.1-14',
    ],
    dkms: { version: '3.0.10', status: 'kernel-mft-dkms/4.20.1, 6.5.13-5-pve, x86_64: installed\n' },
    modules: modules('6.5.13-5-pve'),
  },
  'proxmox-7': {
    title: 'Proxmox 7, whose packages have their old names',
    system: 'Debian GNU/Linux 11 (bullseye)',
    release: '5.15.158-2-pve',
    root: true,
    files: { ...kernel('5.15.158-2-pve'), ...compilers(10), ...device('41:00.0', '1017') },
    packages: ['ii  pve-kernel-5.15 7.4-15', 'ii  pve-kernel-5.15.158-2-pve 5.15.158-2'],
    archive: ['pve-headers-5.15.158-2-pve', 'pve-headers-5.15'],
  },
  'ubuntu-22.04-hwe': {
    title: 'Ubuntu 22.04 with the kernel of 24.04: built by gcc 12, while 22.04 has 11',
    system: 'Ubuntu 22.04.5 LTS',
    release: hwe,
    files: { ...kernel(hwe), ...headers(hwe, gcc.ubuntu12), ...compilers(11), ...device('17:00.0', '101d'), ...noSecureBoot },
    packages: [
      `ii  linux-image-${hwe} 6.8.0-60.63~22.04.1`,
      'ii  linux-image-generic-hwe-22.04 6.8.0-60.63~22.04.1',
      `ii  linux-headers-${hwe} 6.8.0-60.63~22.04.1`,
      'ii  dkms 2.8.7-2ubuntu2.2',
    ],
    archive: ['gcc-12', 'linux-headers-generic-hwe-22.04'],
    dkms: { version: '2.8.7', status: '' },
    programs: docker,
  },
  'ubuntu-24.04-azure': {
    title: "A machine of a cloud: its flavour's headers are missing, and the card is a virtual function",
    system: 'Ubuntu 24.04.3 LTS',
    release: azure,
    files: { ...kernel(azure), ...compilers(13), ...device('e4:00.0', '1018') },
    packages: [`ii  linux-image-${azure} 6.8.0-1013.15`, 'ii  linux-image-azure 6.8.0-1013.15', 'ii  dkms 3.0.11-1ubuntu13'],
    archive: [`linux-headers-${azure}`, 'linux-headers-azure'],
    dkms: { version: '3.0.11', status: '' },
  },
  'ubuntu-24.04-lockdown': {
    title: 'Ubuntu 24.04 locked down, all in order; only root may see the key',
    system: 'Ubuntu 24.04.3 LTS',
    release: noble,
    files: {
      ...kernel(noble),
      ...headers(noble, gcc.ubuntu13),
      ...compilers(13),
      ...device('17:00.0', '1021'),
      ...secureBoot('confidentiality'),
      ...started(4129),
    },
    packages: [
      `ii  linux-image-${noble} 1`,
      `ii  linux-headers-${noble} 1`,
      'ii  dkms 3.0.11-1ubuntu13',
      'ii  kernel-mft-dkms 4.34.1.10-1',
      'ii  mft 4.34.1-10',
      'ii  mstflint 4.26.0+1-2build3',
    ],
    dkms: { version: '3.0.11', status: `kernel-mft-dkms/4.34.1.10, ${noble}, x86_64: installed\n` },
    modules: modules(noble, { signer: 'anna Secure Boot Module Signature key', suffix: '.zst' }),
    denied: ['/var/lib/shim-signed/mok'],
    programs: dockerDenied,
  },
  container: {
    title: 'A container on an arm64 host, where nothing can be loaded',
    system: 'Debian GNU/Linux 13 (trixie)',
    release: '6.12.57+deb13-arm64',
    processor: 'aarch64',
    root: true,
    files: { '/.dockerenv': '', ...device('03:00.0', 'a2dc') },
    packages: [],
  },
};
