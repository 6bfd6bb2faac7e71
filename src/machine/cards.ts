/** The devices of Mellanox on the PCI bus, and which releases of MFT serve them. */
import { mftNumber } from '../bundle/mft-number.js';
import type { Release } from '../bundle/release-file.js';
import { newestFirst } from '../bundle/releases.js';
import { compareVersions } from '../deb/version.js';
import type { Check, DoctorDocument } from '../documents/index.js';
import type { Card } from './card-file.js';
import { asRoot, asUser, checked, installMft } from './cures.js';
import type { Machine } from './machine.js';

/** A device in /sys/bus/pci/devices. */
export interface Device {
  /** As in 0000:01:00.0. */
  slot: string;
  /** Of the device; the vendor is 15b3. */
  id: string;
  /** Empty if it is bound to none. */
  driver: string;
  /** Undefined for one that the table does not have. */
  card: Card | undefined;
  kind: 'card' | 'virtual' | 'recovery' | 'unknown';
}

const bus = '/sys/bus/pci/devices';
const vendor = '0x15b3';
/** A bridge is a part of a card (PCI Code and ID Assignment Specification: class 06, subclass 04). */
const bridge = /^0x0604/;

export async function readDevices(machine: Machine, cards: readonly Card[]): Promise<Device[]> {
  const devices: Device[] = [];
  for (const slot of await machine.names(bus)) {
    const read = async (name: string) => (await machine.text(`${bus}/${slot}/${name}`))?.trim() ?? '';
    if ((await read('vendor')) !== vendor || bridge.test(await read('class'))) continue;
    const id = (await read('device')).replace(/^0x/, '');
    const driver = (await machine.place(`${bus}/${slot}/driver`))?.replace(/^.*\//, '') ?? '';
    devices.push({ slot, id, driver, ...cardOf(id, cards) });
  }
  return devices;
}

function cardOf(id: string, cards: readonly Card[]): Pick<Device, 'card' | 'kind'> {
  const has = (list: readonly string[] = []) => list.includes(id);
  const card = cards.find(({ ids, virtual, recovery }) => has(ids) || has(virtual) || has(recovery));
  if (!card) return { card, kind: 'unknown' };
  return { card, kind: has(card.virtual) ? 'virtual' : has(card.recovery) ? 'recovery' : 'card' };
}

/** Whether a release of MFT is known not to serve a card. @param mft as in 4.20.1-14 */
export function isTooOther({ from, upTo, lacks = [] }: Card, mft: string): boolean {
  const number = mftNumber(mft);
  if (number === undefined) return false;
  const isAbove = (a: string, b: string) => compareVersions(a, b) > 0;
  return lacks.some(
    (lacking) =>
      (upTo !== undefined && isAbove(lacking, upTo) && !isAbove(lacking, number)) ||
      (from !== undefined && isAbove(from, lacking) && !isAbove(number, lacking)),
  );
}

/** The newest known release that serves all cards, as in 4.37.0-154; undefined if there is none, or no card. */
export function releaseFor(devices: readonly Device[], releases: readonly Release[], arch: Release['arch']): string | undefined {
  const cards = devices.flatMap(({ card, kind }) => (card && kind !== 'virtual' ? [card] : []));
  if (!devices.some(({ kind }) => kind !== 'virtual')) return undefined;
  const fitting = releases
    .filter((release) => release.arch === arch)
    .sort(newestFirst)
    .find(({ version }) => cards.every((card) => isServed(card, version)));
  return fitting && `${fitting.version}-${fitting.revision}`;
}

/** For a suggestion a release must be known to serve a card, not only not known to fail. */
function isServed({ from, upTo }: Card, version: string): boolean {
  return (from === undefined || compareVersions(version, from) >= 0) && (upTo === undefined || compareVersions(version, upTo) <= 0);
}

export interface CardsQuestion {
  devices: readonly Device[];
  /** The release of MFT that is installed; undefined without one. */
  mft: string | undefined;
  /** The newest release that serves all of them. */
  wanted: string | undefined;
}

export function judgeCards({ devices, mft, wanted }: CardsQuestion): Check {
  const lspci = asUser('lspci -nn -d 15b3:', 'shows nothing: reseat the card; in a virtual machine pass it through');
  if (devices.length === 0)
    return checked('cards', 'fault', 'no device of Mellanox (15b3) is on the PCI bus', [
      asRoot("sh -c 'echo 1 > /sys/bus/pci/rescan'"),
      lspci,
    ]);
  const title = titleOf(devices);
  if (devices.every(({ kind }) => kind === 'virtual'))
    return checked('cards', 'fault', `${title}: virtual functions, whose card only its host can configure`, [
      asUser('mft-patch doctor', 'on the host'),
    ]);
  const broken = devices.find(({ kind }) => kind === 'recovery');
  if (broken)
    return checked('cards', 'fault', `${title} in flash recovery: its firmware does not run`, [
      asRoot(`flint -d ${shortSlot(broken.slot)} -i FIRMWARE.bin burn`, 'with the firmware for its PSID'),
    ]);
  const unserved = devices.find(({ card }) => card && mft !== undefined && isTooOther(card, mft));
  if (unserved?.card && wanted !== undefined)
    return checked(
      'cards',
      'fault',
      `${unserved.card.name} needs MFT ${rangeWords(unserved.card)}, not ${mft}`,
      installMft(wanted, '--allow-downgrades '),
    );
  if (unserved?.card) return checked('cards', 'note', `${unserved.card.name} needs MFT ${rangeWords(unserved.card)}, not ${mft}`);
  return checked('cards', devices.some(({ kind }) => kind === 'unknown') ? 'note' : 'ok', title);
}

function rangeWords({ from, upTo }: Card): string {
  return upTo !== undefined ? `up to ${upTo}` : from !== undefined ? `from ${from} on` : 'of any release';
}

/** Each card once, with its slots. */
function titleOf(devices: readonly Device[]): string {
  const names = new Map<string, string[]>();
  for (const device of devices) names.set(nameOf(device), [...(names.get(nameOf(device)) ?? []), shortSlot(device.slot)]);
  const range = devices.flatMap(({ card }) => (card && (card.upTo ?? card.from) !== undefined ? [card] : []))[0];
  const words = [...names].map(([name, slots]) => `${name} (${slots.slice(0, 4).join(', ')}${slots.length > 4 ? ', …' : ''})`).join(', ');
  return range ? `${words}; ${range.name}: MFT ${rangeWords(range)}` : words;
}

function nameOf({ card, kind, id }: Device): string {
  return card ? `${card.name}${kind === 'virtual' ? ' virtual function' : ''}` : `device 15b3:${id}, not in our table`;
}

/** As lspci prints it: without the domain if that is 0. */
function shortSlot(slot: string): string {
  return slot.replace(/^0000:/, '');
}

/** Devices as the document has them. */
export function listDevices(devices: readonly Device[]): DoctorDocument['devices'] {
  return devices.map(({ slot, id, driver, card, kind }) => ({
    ...{ slot, id: `15b3:${id}`, name: nameOf({ slot, id, driver, card, kind }) },
    ...(driver === '' ? {} : { driver }),
    ...(card && (card.from ?? card.upTo) !== undefined
      ? { mft: { ...(card.from === undefined ? {} : { from: card.from }), ...(card.upTo === undefined ? {} : { upTo: card.upTo }) } }
      : {}),
  }));
}
