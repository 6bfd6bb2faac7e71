/** Whether the kernel loads signed modules only, and whether the key that dkms signs with is one that it trusts. */
import { compareVersions } from '../deb/version.js';
import type { Check, Cure } from '../documents/index.js';
import { asRoot, checked } from './cures.js';
import type { Machine } from './machine.js';

export interface SecureBoot {
  /** `bios`: there is no UEFI. */
  state: 'on' | 'off' | 'bios' | 'unknown';
  /** kernel_lockdown(7): none, integrity, confidentiality; empty where the kernel does not say. */
  lockdown: string;
  /** The kernel loads signed modules only. */
  isEnforced: boolean;
}

export interface SigningKey {
  /** The certificate, in DER. */
  path: string;
  /** `enrolled`: by MOK, the machine owner's list; `built-in`: in the firmware's own, or compiled into the kernel. */
  state: 'enrolled' | 'built-in' | 'pending' | 'not-enrolled' | 'missing' | 'denied' | 'no-mokutil' | 'unknown';
}

/** The variable of the firmware (UEFI specification, 3.3): four bytes of attributes, then 1 for on. */
const variable = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

export async function readSecureBoot(machine: Machine): Promise<SecureBoot> {
  const isUefi = (await machine.place('/sys/firmware/efi')) !== undefined;
  const byte = (await machine.text(variable))?.charCodeAt(4);
  const state = !isUefi ? 'bios' : byte === undefined ? await askMokutil(machine) : byte === 1 ? 'on' : 'off';
  const lockdown = /\[(\w+)\]/.exec((await machine.text('/sys/kernel/security/lockdown')) ?? '')?.[1] ?? '';
  const isForced = (await machine.text('/sys/module/module/parameters/sig_enforce'))?.trim() === 'Y';
  const isLocked = ['integrity', 'confidentiality'].includes(lockdown);
  return { state, lockdown, isEnforced: isForced || isLocked || (state === 'on' && lockdown === '') };
}

async function askMokutil(machine: Machine): Promise<SecureBoot['state']> {
  const { stdout } = await machine.run('mokutil', '--sb-state');
  return /SecureBoot enabled/.test(stdout) ? 'on' : /SecureBoot disabled/.test(stdout) ? 'off' : 'unknown';
}

export function judgeSecureBoot({ state, lockdown, isEnforced }: SecureBoot): Check {
  const words = { on: 'on', off: 'off', bios: 'none: not booted by UEFI', unknown: 'state unknown' }[state];
  const locked = lockdown === '' || lockdown === 'none' ? '' : `, lockdown ${lockdown}`;
  const effect = isEnforced ? 'the kernel loads signed modules only' : 'modules need no signature';
  return checked('secure-boot', state === 'unknown' ? 'unknown' : 'ok', `${words}${locked}; ${effect}`);
}

const ofShim = '/var/lib/shim-signed/mok/MOK.der';
const ofDkms = '/var/lib/dkms/mok.pub';

/** The certificate that dkms signs with: what its configuration names; else Ubuntu's, or from dkms 3 on its own. */
export async function readSigningKey(machine: Machine, isUbuntu: boolean): Promise<SigningKey> {
  const more = (await machine.names('/etc/dkms/framework.conf.d')).map((name) => `/etc/dkms/framework.conf.d/${name}`);
  const texts = await Promise.all(['/etc/dkms/framework.conf', ...more].map((path) => machine.text(path)));
  const named = [...texts.join('\n').matchAll(/^\s*mok_certificate=["']?([^"'\s]+)/gm)].at(-1)?.[1];
  const path = named ?? (isUbuntu ? ofShim : ofDkms);
  if ((await machine.place(path)) === undefined) return { path, state: machine.denied.has(path) ? 'denied' : 'missing' };
  const { exitCode, stdout, stderr } = await machine.run('mokutil', '--test-key', path);
  if (exitCode === 127) return { path, state: 'no-mokutil' };
  // It exits 1 for a key that is enrolled.
  if (/is already enrolled/.test(stdout)) return { path, state: 'enrolled' };
  if (/is already in (db|the built-in trusted keyring)/.test(stdout)) return { path, state: 'built-in' };
  if (/is already in the enrollment request/.test(stdout)) return { path, state: 'pending' };
  if (/is not enrolled/.test(stdout)) return { path, state: 'not-enrolled' };
  return { path, state: /[Pp]ermission denied/.test(`${stdout}${stderr}`) ? 'denied' : 'unknown' };
}

/** What the firmware's MOK manager asks after the reboot (shim, MokManager.c). */
const blueScreen = 'last of all; on the blue screen: Enroll MOK, Continue, Yes, that password, Reboot';

/**
 * Whether the kernel takes keys of MOK: without Secure Boot anybody can have written them (Linux 92ad19559ea9, in 5.17; Debian's and
 * Ubuntu's kernels since 2018).
 */
function takesMok({ state }: SecureBoot): boolean {
  return state !== 'off' && state !== 'bios';
}

/** Whether the kernel loads signed modules only, and nothing that mokutil does makes it trust the key. */
export function isBeyondMok({ state }: SigningKey, secureBoot: SecureBoot): boolean {
  return secureBoot.isEnforced && !takesMok(secureBoot) && state !== 'built-in';
}

/** What makes and enrols a key. */
export interface KeyTools {
  /** Its version. */
  dkms: string | undefined;
  hasMokutil: boolean;
}

export function judgeSigningKey(key: SigningKey, secureBoot: SecureBoot, { dkms, hasMokutil }: KeyTools): Check {
  if (!secureBoot.isEnforced) return checked('signing-key', 'ok', 'not needed');
  if (isBeyondMok(key, secureBoot)) return judgeBeyondMok(secureBoot);
  const { path, state } = key;
  const tools = hasMokutil ? [] : [asRoot('apt install mokutil openssl')];
  const enrol = [asRoot(`mokutil --import ${path}`, 'asks for a new password, which is needed once'), asRoot('reboot', blueScreen)];
  const found: Record<SigningKey['state'], () => Check> = {
    enrolled: () => checked('signing-key', 'ok', `${path} is enrolled`),
    'built-in': () => checked('signing-key', 'ok', `${path} is one that the firmware or the kernel has`),
    pending: () => checked('signing-key', 'fault', `${path} waits to be enrolled by the next boot`, [asRoot('reboot', blueScreen)]),
    'not-enrolled': () => checked('signing-key', 'fault', `${path} is not enrolled: Key was rejected by service`, enrol),
    missing: () => checked('signing-key', 'fault', `dkms has no key yet (${path})`, [...tools, ...makeKey(path, dkms), ...enrol]),
    'no-mokutil': () => checked('signing-key', 'fault', `mokutil, which enrols ${path}, is not installed`, [...tools, ...enrol]),
    denied: () => ({ ...checked('signing-key', 'unknown', `${path}: permission denied`), root: `whether ${path} is enrolled` }),
    unknown: () => checked('signing-key', 'unknown', `mokutil does not say whether ${path} is enrolled`),
  };
  return found[state]();
}

function judgeBeyondMok({ state }: SecureBoot): Check {
  if (state === 'off') {
    const cure = asRoot('systemctl reboot --firmware-setup', 'turn Secure Boot on there; then mft-patch doctor again');
    return checked('signing-key', 'fault', 'keys that mokutil enrols do not count: the kernel takes them under Secure Boot only', [cure]);
  }
  const without = asRoot('editor /etc/default/grub', 'take module.sig_enforce and lockdown out of GRUB_CMDLINE_LINUX');
  const cures = [without, asRoot('update-grub'), asRoot('reboot')];
  return checked('signing-key', 'fault', 'only keys in the kernel count: it takes others from UEFI, and was not booted by it', cures);
}

/** What makes the key that dkms signs with. @param version of dkms, which does it by itself from 3.1 on */
export function makeKey(path: string, version: string | undefined): Cure[] {
  if (path === ofShim) return [asRoot('update-secureboot-policy --new-key')];
  if (path === ofDkms && version !== undefined && compareVersions(version, '3.1') >= 0) return [asRoot('dkms generate_mok')];
  const key = path.replace(/\.\w+$/, path === ofDkms ? '.key' : '.priv');
  const subject = '-subj "/CN=DKMS module signing key"';
  // As dkms itself does it where it has openssl.
  return [asRoot(`openssl req -new -x509 -nodes -days 36500 ${subject} -newkey rsa:2048 -keyout ${key} -outform DER -out ${path}`)];
}
