import { expect, test } from 'vitest';
import { signatureOf, withoutSignature, withSignature } from '../../src/packaging/module-signature.js';

const [module, der] = [Buffer.from('\x7fELF of a module'), Buffer.from('PKCS#7 in DER')];

test('a signature is appended as the kernel reads it', () => {
  const tail = Buffer.concat([Buffer.from([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 13]), Buffer.from('~Module signature appended~\n')]);
  expect(withSignature(module, der)).toEqual(Buffer.concat([module, der, tail]));
});

test('and taken off again', () => {
  expect(withoutSignature(withSignature(module, der))).toEqual(module);
  expect(signatureOf(withSignature(module, der))).toEqual(der);
  expect([withoutSignature(module), signatureOf(module)]).toEqual([module, undefined]);
});

test('of a module that says it has more than it can have nothing is taken', () => {
  const signed = withSignature(module, der);
  signed.writeUInt32BE(1000, signed.length - 32);
  expect(withoutSignature(signed)).toBe(signed);
});
