/** The variables of a guest's firmware, written into its flash as OVMF keeps them: so a key is known before the first boot. */

/** A GUID as firmware stores it: its first three parts are little endian. */
function guid(text: string): Buffer {
  const [a = '', b = '', c = '', d = '', e = ''] = text.split('-');
  const turned = [a, b, c].map((part) => Buffer.from(part, 'hex').reverse());
  return Buffer.concat([...turned, Buffer.from(d + e, 'hex')]);
}

const imageSecurity = guid('d719b2cb-3d3a-4596-a3bc-dad00e67656f');
const x509 = guid('a5c059a1-94e4-4aa7-87b5-ab155c2bf072');
/** Of who put the certificate there: any. */
const owner = guid('11111111-2222-3333-4444-123456789abc');

function uint32(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * index);
  return bytes;
}

/** EFI_SIGNATURE_LIST with one certificate (UEFI 2.10, 32.4.1). @param der the certificate */
export function signatureList(der: Buffer): Buffer {
  return Buffer.concat([x509, uint32(28 + 16 + der.length, 0, 16 + der.length), owner, der]);
}

/** The sizes of the headers of the volume and of the store in it (edk2, MdeModulePkg/Include/Guid/VariableFormat.h). */
const storeOffset = 0x48;
const storeHeader = 0x1c;

/**
 * Flash with the variable `db`, the keys that firmware trusts.
 * @param flash OVMF_VARS without variables
 */
export function withDb(flash: Buffer, db: Buffer): Buffer {
  const name = Buffer.from('db\0', 'utf16le');
  // AUTHENTICATED_VARIABLE_HEADER: its mark, VAR_ADDED, non-volatile and for boot and run time; no counter, time and key.
  const head = Buffer.concat([
    Buffer.from([0xaa, 0x55, 0x3f, 0]),
    uint32(7),
    Buffer.alloc(8 + 16 + 4),
    uint32(name.length, db.length),
    imageSecurity,
  ]);
  const copy = Buffer.from(flash);
  const variable = Buffer.concat([head, name, db]);
  const start = storeOffset + storeHeader;
  if (copy.subarray(start, start + variable.length).some((byte) => byte !== 0xff)) throw new Error('the flash has variables');
  variable.copy(copy, start);
  return copy;
}
