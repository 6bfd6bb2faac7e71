/** Values that the fields of archive headers are set to. */

/** A field of a header: its first byte, its length, and the values that are put there. */
export type HeaderField = readonly [start: number, length: number, values: readonly string[]];

/** The fields of a tar header (tar(5)). */
export const tarFields: readonly HeaderField[] = [
  [
    0,
    100,
    [
      '',
      '/',
      './',
      '../x',
      './../x',
      '/tmp/outside',
      './usr/',
      './usr/src/../../x',
      'control',
      './control',
      './md5sums',
      './dkms.conf',
      'a'.repeat(100),
    ],
  ],
  [100, 8, ['0000755\0', '0000000\0', '0007777\0', '-000001\0', '        ', 'zzzzzzz\0', '\x80\0\0\0\0\0\x01\xed']],
  [108, 8, ['0000000\0', '7777777\0', '\x80\0\0\0\xff\xff\xff\xff', '\xff\xff\xff\xff\xff\xff\xff\xff', '        ', '-1     \0']],
  [
    124,
    12,
    [
      '00000000000\0',
      '77777777777\0',
      '00000000001\0',
      '\x80\0\0\0\0\0\0\0\0\0\0\x05',
      '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      '            ',
      '-0000000001\0',
      '00000002000 ',
    ],
  ],
  [
    136,
    12,
    [
      '00000000000\0',
      '77777777777\0',
      '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
      '\x80\0\0\x7f\xff\xff\xff\xff\xff\xff\xff\xff',
      '            ',
      'x',
    ],
  ],
  [156, 1, ['0', '\0', '1', '2', '3', '4', '5', '6', '7', 'A', 'D', 'K', 'L', 'M', 'N', 'S', 'V', 'X', 'g', 'x', '\xff']],
  [157, 100, ['', '/etc/passwd', '../../../etc/passwd', './control', './usr/src', '.', 'a'.repeat(100)]],
  [257, 8, ['ustar\x0000', 'ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar\0  ', 'tar\0\0\0\0\0']],
  [265, 32, ['', 'root', 'nobody', '../..', '\xff'.repeat(32)]],
  [329, 8, ['0000000\0', '0000001\0', '\xff\xff\xff\xff\xff\xff\xff\xff']],
  [345, 155, ['', '/', '..', 'usr', '/tmp', 'a/'.repeat(77)]],
];

/** The fields of an ar header (ar(5)). */
export const arFields: readonly HeaderField[] = [
  [
    0,
    16,
    [
      '_gpgorigin',
      'control.tar',
      'control.tar.gz',
      'control.tar.xz',
      'control.tar.zst',
      'data.tar',
      'data.tar.gz',
      'data.tar.xz',
      'data.tar.zst',
      'data.tar.bz2',
      'data.tar.lzma',
      'data.tar/',
      '//',
      '/',
      '#1/20',
      'debian-binary',
      '',
    ],
  ],
  [16, 12, ['', '0', '-1', '99999999999', '1e9', 'x']],
  [28, 6, ['', '0', '-1', '999999']],
  [40, 8, ['', '100644', '777777', '-1']],
  [48, 10, ['', '0', '1', '-1', '9999999999', '0x10', '1e3', ' 5']],
  [58, 2, ['`\n', '\n`', '\0\0', '  ']],
];
