/** The keys of apt's archives, as far as they are compared with a fingerprint. Packets and armor are those of RFC 9580 (OpenPGP). */
import { createHash } from 'node:crypto';

const armored =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+: [^\r\n]*\r?\n)*\s*\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END/g;

/** The tag of a primary public key's packet. */
const publicKey = 6;

/** A key with its user ids, signatures and subkeys, and the fingerprint of the primary one in hex digits. */
export interface ArchiveKey {
  fingerprint: string;
  /** Its packets. */
  bytes: Buffer;
}

/**
 * The keys in a file, armored or not. Subkeys are not looked at: apt's verifier takes only those that the primary key has signed.
 * @returns undefined if it is not a file of public keys
 */
export function keysIn(file: Buffer): ArchiveKey[] | undefined {
  const bytes = dearmor(file);
  const keys: ArchiveKey[] = [];
  for (let at = 0; at < bytes.length; ) {
    const packet = packetAt(bytes, at);
    if (packet === undefined) return undefined;
    const whole = bytes.subarray(at, packet.end);
    const last = keys.at(-1);
    if (packet.tag === publicKey) {
      const fingerprint = fingerprintOf(packet.body);
      if (fingerprint === undefined) return undefined;
      keys.push({ fingerprint, bytes: whole });
    } else if (last === undefined) return undefined;
    else last.bytes = Buffer.concat([last.bytes, whole]);
    at = packet.end;
  }
  return keys.length === 0 ? undefined : keys;
}

function dearmor(file: Buffer): Buffer {
  const blocks = [...file.toString('latin1').matchAll(armored)].map(([, text = '']) => Buffer.from(text, 'base64'));
  return blocks.length === 0 ? file : Buffer.concat(blocks);
}

interface Packet {
  tag: number;
  body: Buffer;
  /** Where the next one begins. */
  end: number;
}

/** A packet (RFC 9580, 4.2); undefined for what is not one, or has no length of its own, which no key has. */
function packetAt(bytes: Buffer, at: number): Packet | undefined {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  const isNew = (first & 0x40) !== 0;
  const header = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, first & 3);
  if (header === undefined) return undefined;
  const end = header.start + header.length;
  if (end > bytes.length) return undefined;
  return { tag: isNew ? first & 0x3f : (first >> 2) & 0xf, body: bytes.subarray(header.start, end), end };
}

interface Length {
  start: number;
  length: number;
}

function newLength(bytes: Buffer, at: number): Length | undefined {
  const first = bytes[at] ?? 255;
  if (first < 192) return { start: at + 1, length: first };
  if (first < 224) return { start: at + 2, length: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192 };
  return first === 255 && at + 5 <= bytes.length ? { start: at + 5, length: bytes.readUInt32BE(at + 1) } : undefined;
}

function oldLength(bytes: Buffer, at: number, type: number): Length | undefined {
  const size = 1 << type;
  return type === 3 || at + size > bytes.length ? undefined : { start: at + size, length: bytes.readUIntBE(at, size) };
}

/** The fingerprint of a key of version 4 or 6 (RFC 9580, 5.5.4); older ones are broken. */
function fingerprintOf(body: Buffer): string | undefined {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  if (body[0] === 4) return hash('sha1', [Buffer.of(0x99), length.subarray(2), body]);
  return body[0] === 6 ? hash('sha256', [Buffer.of(0x9b), length, body]) : undefined;
}

function hash(algorithm: string, parts: readonly Buffer[]): string {
  return createHash(algorithm).update(Buffer.concat(parts)).digest('hex').toUpperCase();
}
