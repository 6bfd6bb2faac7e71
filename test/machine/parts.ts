/** What the descriptions of machines are made of. */
import type { Description } from './stand-in.js';

type Files = Description['files'];

/** A kernel that is installed and can be booted. */
export function kernel(release: string): Files {
  return { [`/boot/vmlinuz-${release}`]: '', [`/lib/modules/${release}/modules.dep`]: '' };
}

/** Its headers, where Debian, Ubuntu and Proxmox put them, with the compiler that built it as it names itself. */
export function headers(release: string, compiler: string): Files {
  const tree = `/usr/src/linux-headers-${release}`;
  return {
    [`/lib/modules/${release}/build`]: `-> ${tree}`,
    [`${tree}/include/generated/utsrelease.h`]: `#define UTS_RELEASE "${release}"\n`,
    [`${tree}/include/config/auto.conf`]: `CONFIG_X86_64=y\nCONFIG_CC_VERSION_TEXT="${compiler}"\nCONFIG_CC_IS_GCC=y\n`,
  };
}

export const gcc = {
  10: 'gcc-10 (Debian 10.2.1-6) 10.2.1 20210110',
  12: 'gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0',
  14: 'x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0',
  ubuntu12: 'x86_64-linux-gnu-gcc-12 (Ubuntu 12.3.0-1ubuntu1~22.04) 12.3.0',
  ubuntu13: 'x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0',
  zabbly13: 'gcc (Debian 13.3.0-1) 13.3.0',
};

/** Compilers in /usr/bin, as Debian's packages lay them out. */
export function compilers(...majors: number[]): Files {
  return Object.fromEntries(
    majors.flatMap((major) => [
      [`/usr/bin/gcc-${major}`, `-> x86_64-linux-gnu-gcc-${major}`],
      [`/usr/bin/x86_64-linux-gnu-gcc-${major}`, ''],
    ]),
  );
}

/** A function of a device, bound to a driver. */
export function device(slot: string, id: string, driver = 'mlx5_core'): Files {
  const path = `/sys/bus/pci/devices/0000:${slot}`;
  return {
    [`${path}/vendor`]: '0x15b3\n',
    [`${path}/device`]: `0x${id}\n`,
    [`${path}/class`]: '0x020000\n',
    [`${path}/driver`]: `-> ../../drivers/${driver}`,
    [`/sys/bus/pci/drivers/${driver}/`]: '',
  };
}

/** What every machine has beside a card. */
export const otherDevices: Files = {
  '/sys/bus/pci/devices/0000:00:1f.6/vendor': '0x8086\n',
  '/sys/bus/pci/devices/0000:00:1f.6/device': '0x15b8\n',
};

/** Both modules where dkms installs them. */
export function modules(
  release: string,
  { builtFor = release, signer, suffix = '' }: { builtFor?: string; signer?: string; suffix?: string } = {},
) {
  const module = { builtFor, ...(signer === undefined ? {} : { signer }) };
  return Object.fromEntries(['mst_pci', 'mst_pciconf'].map((name) => [`/lib/modules/${release}/updates/dkms/${name}.ko${suffix}`, module]));
}

/** The modules loaded, and what mst start has made for a device of that number. */
export function started(number = 4115): Files {
  return {
    '/proc/modules':
      'mst_pciconf 151552 0 - Live 0x0000000000000000 (OE)\nmst_pci 131072 0 - Live 0x0000000000000000 (OE)\nmlx5_core 2138112 0\n',
    [`/dev/mst/mt${number}_pciconf0`]: '',
  };
}

/** UEFI with Secure Boot, and what Debian's and Ubuntu's kernels do then. */
export function secureBoot(lockdown = 'integrity'): Files {
  const levels = ['none', 'integrity', 'confidentiality'].map((level) => (level === lockdown ? `[${level}]` : level));
  return {
    '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': '\u0006\u0000\u0000\u0000\u0001',
    '/sys/kernel/security/lockdown': `${levels.join(' ')}\n`,
    '/sys/module/module/parameters/sig_enforce': 'Y\n',
  };
}

/** UEFI without it. */
export const noSecureBoot: Files = {
  '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': '\u0006\u0000\u0000\u0000\u0000',
  '/sys/kernel/security/lockdown': '[none] integrity confidentiality\n',
  '/sys/module/module/parameters/sig_enforce': 'N\n',
};

/** The packages of a Debian with headers that move on with the kernel. */
export function debianPackages(release: string, gccMajor: number, dkms: string): string[] {
  return [
    `ii  linux-image-${release} 1`,
    'ii  linux-image-amd64 1',
    `ii  linux-headers-${release} 1`,
    'ii  linux-headers-amd64 1',
    `ii  gcc-${gccMajor} 1`,
    `ii  dkms ${dkms}`,
  ];
}

export const docker = { 'docker version --format {{.Server.Version}} {{.Server.Arch}}': '20.10.24+dfsg1 amd64\n' };
export const dockerDenied = {
  'docker version --format {{.Server.Version}} {{.Server.Arch}}': {
    exit: 1,
    out: '\n',
    err: 'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": dial unix /var/run/docker.sock: connect: permission denied\n',
  },
  'docker context show': 'default\n',
};

/** A version of ours. */
export const ours = '4.20.1-14+mftpatch.universal2026112601.g1a2b3c4';
