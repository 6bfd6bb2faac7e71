/** Machines with Debian, as users have reported them. */
import {
  compilers,
  debianPackages,
  device,
  docker,
  dockerDenied,
  gcc,
  headers,
  kernel,
  modules,
  noSecureBoot,
  otherDevices,
  ours,
  secureBoot,
  started,
} from './parts.js';
import type { Description } from './stand-in.js';

const twelve = '6.1.0-50-amd64';
const thirteen = '6.12.57+deb13-amd64';
const connectX4 = { ...device('01:00.0', '1013'), ...device('01:00.1', '1013'), ...otherDevices };

/** Debian 12 with a ConnectX-4, before anything of MFT. */
const bare: Description = {
  title: "Debian 12 with a ConnectX-4 and nothing of MFT yet; Debian's own mstflint is there",
  system: 'Debian GNU/Linux 12 (bookworm)',
  release: twelve,
  files: { ...kernel(twelve), ...headers(twelve, gcc[12]), ...compilers(12), ...connectX4, ...noSecureBoot },
  packages: [...debianPackages(twelve, 12, '3.0.10-8+deb12u1'), 'ii  mstflint 4.21.0+1-1', 'rc  linux-image-6.1.0-40-amd64 6.1.153-1'],
  dkms: { version: '3.0.10', status: '' },
  programs: docker,
};

/** The same with all that is wanted. */
const working: Description = {
  ...bare,
  title: 'Debian 12 where all is done: the package for every kernel, the tools, mst started',
  files: { ...bare.files, ...started(), '/usr/src/kernel-mft-dkms-4.20.1/dkms.conf': '' },
  packages: [...debianPackages(twelve, 12, '3.0.10-8+deb12u1'), `ii  kernel-mft-dkms ${ours}`, 'ii  mft 4.20.1-14'],
  dkms: { version: '3.0.10', status: `kernel-mft-dkms/4.20.1, ${twelve}, x86_64: installed\n` },
  modules: modules(twelve),
};

const underSecureBoot: Description = {
  ...working,
  title: 'Secure Boot, and a key of dkms that the firmware does not have',
  root: true,
  files: { ...bare.files, ...secureBoot(), '/var/lib/dkms/mok.pub': 'DER', '/usr/src/kernel-mft-dkms-4.20.1/dkms.conf': '' },
  modules: modules(twelve, { signer: 'DKMS module signing key' }),
  programs: {
    ...docker,
    'mokutil --test-key /var/lib/dkms/mok.pub': '/var/lib/dkms/mok.pub is not enrolled\n',
    dmesg:
      '[   12.034512] mlx5_core 0000:01:00.0: firmware version: 12.28.2006\n[   98.731640] Loading of module with unavailable key is rejected\n',
  },
};

export const debians: Record<string, Description> = {
  'debian-12-bare': bare,
  'debian-12-working': working,
  'debian-13-half-configured': {
    title: "Debian 13 with the vendor's package, which does not build there: apt stopped half-way, and the new kernel with it",
    system: 'Debian GNU/Linux 13 (trixie)',
    release: thirteen,
    files: { ...kernel(thirteen), ...headers(thirteen, gcc[14]), ...compilers(14), ...connectX4, ...noSecureBoot },
    packages: [
      ...debianPackages(thirteen, 14, '3.2.2-1~deb13u1').filter((row) => !row.includes('linux-image-6')),
      `iF  linux-image-${thirteen} 6.12.57-1`,
      'iF  kernel-mft-dkms 4.20.1-14',
      'ii  mft 4.20.1-14',
    ],
    dkms: { version: '3.2.2', status: 'kernel-mft-dkms/4.20.1: added\n' },
    programs: {
      ...docker,
      'dpkg --audit': {
        exit: 1,
        out: `The following packages are only half configured, probably due to problems
configuring them the first time.  The configuration should be retried using
dpkg --configure <package> or the configure menu option in dselect:
 kernel-mft-dkms      DKMS support for kernel-mft kernel modules
 linux-image-${thirteen} Linux 6.12 for 64-bit PCs (signed)

`,
      },
    },
  },
  'debian-12-first-report': {
    title: 'The first report: kernel 5.18 of testing, no headers, a desktop in Chinese; apt was content, dkms has only the source',
    system: 'Debian GNU/Linux bookworm/sid',
    release: '5.18.0-2-amd64',
    files: { ...kernel('5.18.0-2-amd64'), ...compilers(11), ...connectX4 },
    packages: ['ii  linux-image-5.18.0-2-amd64 5.18.5-1', 'ii  dkms 3.0.3-2', 'ii  kernel-mft-dkms 4.20.1-14'],
    archive: ['linux-headers-5.18.0-2-amd64', 'gcc-11'],
    dkms: { version: '3.0.3', status: { out: 'kernel-mft-dkms/4.20.1: added\n', err: 'Deprecated feature: REMAKE_INITRD\n' } },
    noise: '/usr/sbin/dkms: line 17: warning: setlocale: LC_ALL: cannot change locale (zh_CN.UTF-8)\n',
    programs: {},
  },
  'secure-boot-not-enrolled': underSecureBoot,
  'secure-boot-no-key': {
    ...underSecureBoot,
    title: 'Secure Boot, modules without a signature, no key, no mokutil',
    files: { ...bare.files, ...secureBoot() },
    modules: modules(twelve),
    programs: docker,
  },
  'signed-only-without-secure-boot': {
    ...underSecureBoot,
    title: 'module.sig_enforce on the command line, Secure Boot off: the key is enrolled, and the kernel does not take it',
    files: { ...underSecureBoot.files, ...noSecureBoot, '/sys/module/module/parameters/sig_enforce': 'Y\n', '/proc/modules': '' },
    programs: {
      ...docker,
      'mokutil --test-key /var/lib/dkms/mok.pub': { exit: 1, out: '/var/lib/dkms/mok.pub is already enrolled\n' },
      dmesg: '[   98.731640] Loading of module with unavailable key is rejected\n',
    },
  },
  'leftover-ofed': {
    ...working,
    title: 'OFED of an older kernel, half-configured since; modules and a dkms source of an MFT before it',
    files: { ...working.files, '/usr/sbin/ofed_uninstall.sh': '' },
    packages: [...working.packages, 'iF  mlnx-ofed-kernel-dkms 24.10.OFED.24.10.0.7.0.1-1', 'ii  ofed-scripts 24.10.OFED.24.10.0.7.0-1'],
    dkms: {
      version: '3.0.10',
      status: {
        out: `kernel-mft-dkms/4.15.1, 5.10.0-33-amd64, x86_64: installed (WARNING! Diff between built and installed module!)\nkernel-mft-dkms/4.20.1, ${twelve}, x86_64: installed\nmlnx-ofed-kernel/24.10: added\n`,
        err: 'Error! Could not locate dkms.conf file.\nFile: /var/lib/dkms/iser/24.10/source/dkms.conf does not exist.\n',
      },
    },
    modules: { ...modules(twelve), [`/lib/modules/${twelve}/updates/mst_pci.ko`]: { builtFor: '6.1.0-18-amd64' } },
    programs: {
      ...docker,
      'dpkg --audit': ' mlnx-ofed-kernel-dkms DKMS support for mlnx-ofed kernel modules\n',
    },
  },
  'connectx-3-new-mft': {
    ...working,
    title: 'A ConnectX-3 with an MFT that no longer serves it',
    files: { ...kernel(twelve), ...headers(twelve, gcc[12]), ...compilers(12), ...device('04:00.0', '1003', 'mlx4_core'), ...noSecureBoot },
    packages: [...debianPackages(twelve, 12, '3.0.10-8+deb12u1'), 'ii  kernel-mft-dkms 4.36.0.1031-1', 'ii  mft 4.36.0-1031'],
    dkms: { version: '3.0.10', status: `kernel-mft-dkms/4.36.0.1031, ${twelve}, amd64: installed\n` },
    programs: {
      ...docker,
      // What some packages of others lack does not stop anything.
      'dpkg --audit': {
        exit: 1,
        out: 'The following packages are missing the md5sums control file in the\ndatabase, they need to be reinstalled:\n storcli              StorCLI\n\n',
      },
    },
  },
  'baked-for-another-kernel': {
    ...working,
    title: 'A package that was patched for kernel 5.10 alone, after the upgrade to Debian 12',
    files: {
      ...working.files,
      '/usr/src/kernel-mft-dkms-4.20.1/dkms.conf':
        'AUTOINSTALL="yes"\n# mft-patch guard: with a new kernel dkms does not build this by itself for\n#   kernels >=5.18, which need dma-unmap\n',
      '/proc/modules': '',
    },
    packages: working.packages.map((row) => row.replace('universal2026112601', 'baked2026112601.before5.18')),
    dkms: { version: '3.0.10', status: 'kernel-mft-dkms/4.20.1, 5.10.0-33-amd64, x86_64: installed\n' },
    modules: modules('5.10.0-33-amd64'),
  },
  'not-in-docker-group': {
    ...working,
    title: 'A user who may not talk to docker',
    programs: dockerDenied,
  },
  'docker-since-this-login': {
    ...working,
    title: 'The same user, who has been added to the group and has not logged in again',
    files: { ...working.files, '/etc/group': 'root:x:0:\ndocker:x:998:bert,anna\n' },
    programs: dockerDenied,
  },
  'userland-of-another-version': {
    ...working,
    title: 'Tools of a newer release than the modules, and a dkms whose module was replaced by hand',
    packages: working.packages.map((row) => row.replace('mft 4.20.1-14', 'mft 4.28.0-92')),
    dkms: {
      version: '3.0.10',
      status: `kernel-mft-dkms/4.20.1, ${twelve}, x86_64: installed (WARNING! Diff between built and installed module!)\n`,
    },
  },
  'no-card': {
    ...bare,
    title: 'A virtual machine to which no card is passed through',
    files: { ...kernel(twelve), ...headers(twelve, gcc[12]), ...compilers(12), ...otherDevices },
    programs: {
      'docker version --format {{.Server.Version}} {{.Server.Arch}}': {
        exit: 1,
        err: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
      },
      'docker context show': 'default\n',
    },
  },
  'headers-of-another-compiler': {
    ...bare,
    title: 'A kernel of another archive, built by a compiler that Debian 12 does not have; the card waits for firmware',
    release: '6.14.6-zabbly+',
    files: {
      ...kernel('6.14.6-zabbly+'),
      ...headers('6.14.6-zabbly+', gcc.zabbly13),
      ...compilers(12),
      ...device('01:00.0', '0209', 'mlx5_core'),
    },
    packages: [
      'ii  linux-image-6.14.6-zabbly+ 1',
      'ii  linux-headers-6.14.6-zabbly+ 1',
      'ii  gcc-12 12.2.0-14+deb12u1',
      'ii  dkms 3.0.10-8+deb12u1',
    ],
  },
  'debian-11': {
    ...working,
    title: 'Debian 11 with dkms 2.8, whose status is written otherwise; modules not loaded',
    system: 'Debian GNU/Linux 11 (bullseye)',
    release: '5.10.0-33-amd64',
    files: { ...kernel('5.10.0-33-amd64'), ...headers('5.10.0-33-amd64', gcc[10]), ...compilers(10), ...connectX4 },
    packages: [...debianPackages('5.10.0-33-amd64', 10, '2.8.4-3'), 'ii  kernel-mft-dkms 4.15.1-9', 'ii  mft 4.15.1-9'],
    dkms: { version: '2.8.4', status: 'kernel-mft-dkms, 4.15.1, 5.10.0-33-amd64, amd64: installed\n' },
    modules: modules('5.10.0-33-amd64'),
  },
  'upgraded-and-full': {
    ...working,
    title: 'A kernel upgrade before the reboot: the old kernel is gone, the new one has no headers, /boot is full',
    files: { ...kernel('6.1.0-51-amd64'), ...compilers(12), ...connectX4, ...noSecureBoot },
    archive: ['linux-headers-6.1.0-51-amd64', 'gcc-12'],
    packages: [
      'ii  linux-image-6.1.0-51-amd64 1',
      'ii  linux-image-amd64 1',
      'ii  dkms 3.0.10-8+deb12u1',
      `ii  kernel-mft-dkms ${ours}`,
      'ii  mft 4.20.1-14',
    ],
    modules: {},
    free: { '/': 20_000, '/boot': 61 },
  },
};
