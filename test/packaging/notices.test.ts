/** The copyright notices of sources: in the forms that the vendor's have, once each. */
import { expect, test } from 'vitest';
import { newDeb } from '../../src/deb/new-deb.js';
import { noticesIn } from '../../src/packaging/notices.js';

function notices(files: Record<string, string | Buffer>): string[] {
  const entries = Object.entries(files).map(([path, text]): [string, Buffer] => [path, Buffer.from(text)]);
  return noticesIn(newDeb({ control: 'Installed-Size: 0\n', scripts: {}, files: new Map(entries), time: 0 }));
}

test('are the lines that name a year', () => {
  const found = notices({
    'usr/src/x-1/a.c': '/*\n * Copyright (c) 2013-2020 Mellanox Technologies. All rights reserved.\n * This copyright notice stays.\n */\n',
    'usr/src/x-1/b.c': '// Copyright (C) Jan 2020   Mellanox Technologies Ltd. */\n/* © 2021 A */\n# copyright (c) 2013-2020 b "\r\n',
    'usr/src/x-1/c.c': ' * Copyright (c) 2013-2020 Mellanox Technologies. All rights reserved. \n',
    'usr/src/x-1/d.bin': Buffer.from('\0Copyright 2019 nobody'),
    'usr/src/x-1/e.c': `Copyright 2018 ${'x'.repeat(300)}\n`,
    'usr/share/doc/x/copyright': 'Copyright 2017 the packager\n',
  });
  expect(found).toEqual([
    'Copyright (C) Jan 2020 Mellanox Technologies Ltd.',
    'Copyright (c) 2013-2020 Mellanox Technologies. All rights reserved.',
    'copyright (c) 2013-2020 b',
    '© 2021 A',
  ]);
});
