/** The signature at the end of a kernel module (Linux, Documentation/admin-guide/module-signing.rst and scripts/sign-file.c). */

const magic = Buffer.from('~Module signature appended~\n');
/** struct module_signature: five bytes, three of padding, the length of the signature in big endian. */
const infoSize = 12;
/** Its id_type for PKCS#7; all other bytes before the length are zero then (kernel/module_signature.c refuses others). */
const pkcs7 = 2;

/** A module without the signature that it ends in, if any. @param module not compressed */
export function withoutSignature(module: Buffer): Buffer {
  if (!module.subarray(-magic.length).equals(magic)) return module;
  const infoEnd = module.length - magic.length;
  const length = module.readUInt32BE(infoEnd - 4);
  const end = infoEnd - infoSize - length;
  return end < 0 ? module : module.subarray(0, end);
}

/** A module with a signature on it. @param pkcs7Der a detached SignedData of the module's bytes in DER */
export function withSignature(module: Buffer, pkcs7Der: Buffer): Buffer {
  const info = Buffer.alloc(infoSize);
  info[2] = pkcs7;
  info.writeUInt32BE(pkcs7Der.length, 8);
  return Buffer.concat([module, pkcs7Der, info, magic]);
}

/** The signature of a module in DER; undefined if it has none. */
export function signatureOf(module: Buffer): Buffer | undefined {
  const plain = withoutSignature(module);
  return plain === module ? undefined : module.subarray(plain.length, module.length - magic.length - infoSize);
}
