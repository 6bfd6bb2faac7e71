/** The words of each failure, once: everywhere else tests assert codes and data. */
import { describe, expect, test } from 'vitest';
import { type Failure, failureKinds, MftPatchError } from '../src/errors.js';
import { explain, oneLine } from '../src/explain.js';

type Code = Failure['code'];
type FailureOf<C extends Code> = Extract<Failure, { code: C }>;

interface Sample<C extends Code> {
  failure: Omit<FailureOf<C>, 'code'>;
  message: string;
  hint: string;
}

const zeros = '0'.repeat(64);
const ones = '1'.repeat(64);
const hunk = { file: 'mst_main.c', line: 12, cause: 'not found within 600 lines', expected: ['  a();', '  b();'], found: ['  c();'] };

/** Of every code its exit code, and failures with their words: the first as it mostly is, then in its other forms. */
const kinds: { [C in Code]: { exit: number; samples: [Sample<C>, ...Sample<C>[]] } } = {
  usage: {
    exit: 2,
    samples: [
      { failure: { detail: "unknown option '--x'" }, message: "unknown option '--x'", hint: 'see mft-patch --help' },
      {
        failure: { detail: 'missing --kernel', hint: 'run mft-patch kernels to list the targets' },
        message: 'missing --kernel',
        hint: 'run mft-patch kernels to list the targets',
      },
    ],
  },
  'bad-catalogue': {
    exit: 2,
    samples: [
      {
        failure: { file: 'releases.json', line: 7, detail: "missing field 'url'" },
        message: "releases.json:7: missing field 'url'",
        hint: 'fix this file; see CONTRIBUTING.md for the format',
      },
      {
        failure: { file: 'kernels/debian-12.json', detail: 'is missing' },
        message: 'kernels/debian-12.json: is missing',
        hint: 'fix this file; see CONTRIBUTING.md for the format',
      },
      {
        failure: { file: 'mft-patch.lock', line: 1, detail: 'is truncated', hint: 'remove it (rm mft-patch.lock)' },
        message: 'mft-patch.lock:1: is truncated',
        hint: 'remove it (rm mft-patch.lock)',
      },
      {
        failure: { file: 'patches/x.patch', line: 1, detail: 'one', others: [{ line: 3, detail: 'two' }, { detail: 'three' }] },
        message: 'patches/x.patch:1: one\npatches/x.patch:3: two\npatches/x.patch: three',
        hint: 'fix this file; see CONTRIBUTING.md for the format',
      },
    ],
  },
  'no-target': {
    exit: 2,
    samples: [
      {
        failure: { kernel: '5.14.0-427.el9.x86_64', targets: ['ubuntu-22.04 (5.15)', 'debian-11 (5.10)'] },
        message: "no kernel target for '5.14.0-427.el9.x86_64'",
        hint: 'use one of: ubuntu-22.04 (5.15), debian-11 (5.10)',
      },
    ],
  },
  'no-input': {
    exit: 3,
    samples: [
      {
        failure: { path: 'x.tgz', detail: 'no such file' },
        message: 'x.tgz: no such file',
        hint: 'check the path; --sample needs no input at all',
      },
      {
        failure: { path: 'x.config', detail: 'permission denied', hint: 'check --kernel-config' },
        message: 'x.config: permission denied',
        hint: 'check --kernel-config',
      },
    ],
  },
  'download-failed': {
    exit: 3,
    samples: [
      {
        failure: { url: 'https://x/mft.tgz', detail: 'the server returned 404 Not Found' },
        message: 'cannot download https://x/mft.tgz: the server returned 404 Not Found',
        hint: 'download it by hand from https://x/mft.tgz and pass it with --bundle FILE',
      },
      {
        failure: {
          url: 'https://x/linux.tar.xz',
          detail: 'no response within 20 s',
          hint: 'download the archive by hand and pass it with --kernel-source FILE',
        },
        message: 'cannot download https://x/linux.tar.xz: no response within 20 s',
        hint: 'download the archive by hand and pass it with --kernel-source FILE',
      },
    ],
  },
  'digest-mismatch': {
    exit: 3,
    samples: [
      {
        failure: { path: 'x.tgz', algorithm: 'SHA-256', expected: zeros, actual: ones },
        message: `x.tgz: SHA-256 is ${ones}, expected ${zeros}`,
        hint: 'do not use this file; download it again, and if the checksum still differs compare it with another source',
      },
      {
        failure: { path: 'https://x/mft.tgz', algorithm: 'MD5', expected: '0', actual: '1' },
        message: 'https://x/mft.tgz: MD5 is 1, expected 0',
        hint: 'do not use this file; download it again, and if the checksum still differs compare it with another source',
      },
    ],
  },
  'digest-unknown': {
    exit: 3,
    samples: [
      {
        failure: { path: 'mft.tgz', detail: 'no known SHA-256, and --require-digest is set' },
        message: 'mft.tgz: no known SHA-256, and --require-digest is set',
        hint: 'pass the digest with --sha256 HEX, from a source that you trust',
      },
      {
        failure: { path: 'linux.tar.xz', detail: 'no known SHA-256', hint: 'download it' },
        message: 'linux.tar.xz: no known SHA-256',
        hint: 'download it',
      },
    ],
  },
  'bundle-damaged': {
    exit: 3,
    samples: [
      {
        failure: { path: 'x.tgz', detail: 'corrupt or truncated: unexpected end of file' },
        message: 'x.tgz: corrupt or truncated: unexpected end of file',
        hint: 'download the bundle again: an MFT bundle is the .tgz for DEB based systems',
      },
      {
        failure: { path: 'x.deb', detail: 'a .deb', hint: 'did you mean --deb?' },
        message: 'x.deb: a .deb',
        hint: 'did you mean --deb?',
      },
    ],
  },
  'package-damaged': {
    exit: 3,
    samples: [
      {
        failure: { path: 'x.deb', detail: 'bad magic' },
        message: 'x.deb: bad magic',
        hint: 'download the package again',
      },
      {
        failure: { path: 'x.tgz', detail: 'gzip-compressed, not a .deb', hint: 'did you mean --bundle?' },
        message: 'x.tgz: gzip-compressed, not a .deb',
        hint: 'did you mean --bundle?',
      },
    ],
  },
  'package-unfit': {
    exit: 3,
    samples: [
      {
        failure: { path: 'x.deb', detail: 'is package mlnx-ofed, expected kernel-mft-dkms' },
        message: 'x.deb: is package mlnx-ofed, expected kernel-mft-dkms',
        hint: 'pass a bundle or a dkms package as its vendor ships it',
      },
      {
        failure: { path: 'x.deb', detail: 'was already patched by mft-patch', hint: "pass the vendor's package" },
        message: 'x.deb: was already patched by mft-patch',
        hint: "pass the vendor's package",
      },
    ],
  },
  'source-unfit': {
    exit: 3,
    samples: [
      {
        failure: { path: 'linux', detail: 'no Makefile' },
        message: 'linux: no Makefile',
        hint: 'pass the top directory of a kernel tree, or a tar archive of one',
      },
      {
        failure: { path: 'x.config', detail: 'contains no CONFIG_ settings', hint: 'pass a complete .config' },
        message: 'x.config: contains no CONFIG_ settings',
        hint: 'pass a complete .config',
      },
    ],
  },
  'patch-does-not-apply': {
    exit: 4,
    samples: [
      {
        failure: { patch: 'dma-unmap', hunks: [hunk, { ...hunk, line: 90, found: [] }] },
        message: [
          'patch dma-unmap does not apply; nothing was written',
          '  mst_main.c:12: not found within 600 lines',
          '    expected:',
          '      |   a();',
          '      |   b();',
          '    found:',
          '      |   c();',
          '  mst_main.c:90: not found within 600 lines',
          '    expected:',
          '      |   a();',
          '      |   b();',
          '    found:',
          '      | (end of file)',
        ].join('\n'),
        hint: 'this source differs from the releases that the patch was made for: adapt its context or its MFT range',
      },
    ],
  },
  'cannot-write': {
    exit: 5,
    samples: [
      {
        failure: { path: 'dist', detail: 'no space left on device' },
        message: 'cannot write dist: no space left on device',
        hint: 'choose another directory with --out, or free space / fix permissions',
      },
      {
        failure: { path: 'dist', detail: 'another process took over its lock', hint: 'run the command again' },
        message: 'cannot write dist: another process took over its lock',
        hint: 'run the command again',
      },
      {
        failure: { path: 'a\n  sudo evil\rb', detail: 'I/O error' },
        message: 'cannot write a\\n  sudo evil\\rb: I/O error',
        hint: 'choose another directory with --out, or free space / fix permissions',
      },
      {
        failure: { path: 'x.lock', detail: 'permission denied', hint: 'choose another file with --lock' },
        message: 'cannot write x.lock: permission denied',
        hint: 'choose another file with --lock',
      },
    ],
  },
  'no-engine': {
    exit: 5,
    samples: [
      {
        failure: {
          tried: [
            { engine: 'docker', detail: 'not installed' },
            { engine: 'podman', detail: 'exited with status 125' },
          ],
        },
        message: 'no container engine to verify with (docker: not installed; podman: exited with status 125)',
        hint: 'install docker.io or podman and start it, or skip verification with --no-verify',
      },
    ],
  },
  'engine-failed': {
    exit: 5,
    samples: [
      {
        failure: { detail: 'docker cannot list its images' },
        message: 'docker cannot list its images',
        hint: 're-run with --verbose to see what the engine printed',
      },
      {
        failure: { detail: 'the installation timed out after 4 s', hint: 'raise --timeout' },
        message: 'the installation timed out after 4 s',
        hint: 'raise --timeout',
      },
    ],
  },
  'not-permitted': {
    exit: 5,
    samples: [
      { failure: { detail: 'sudo is not installed' }, message: 'sudo is not installed', hint: 'run it as root' },
      { failure: { detail: 'x', hint: 'run sudo y' }, message: 'x', hint: 'run sudo y' },
    ],
  },
  internal: {
    exit: 5,
    samples: [
      {
        failure: { detail: 'x is undefined' },
        message: 'internal error: x is undefined',
        hint: 're-run with --verbose and report the output',
      },
    ],
  },
  interrupted: {
    exit: 130,
    samples: [
      { failure: {}, message: 'interrupted', hint: 'containers and partial files were cleaned up' },
      {
        failure: { kept: 'parts/x.part' },
        message: 'interrupted',
        hint: 'run the same command again to continue the download; what has come is kept in parts/x.part',
      },
      {
        failure: { isPending: true },
        message: 'interrupted',
        hint: 'the container engine is slow and may still be removing a container; partial files are removed by the next build',
      },
    ],
  },
};

const rows = Object.entries(kinds).flatMap(([code, { exit, samples }]) =>
  samples.map(({ failure, message, hint }, index) => ({
    title: `${code}${index > 0 ? `, form ${index + 1}` : ''}`,
    failure: { code, ...failure } as Failure,
    exit,
    message,
    hint,
  })),
);

describe('in words:', () => {
  test.each(rows)('$title', ({ failure, exit, message, hint }) => {
    expect(explain(failure)).toEqual({ message, hint });
    const error = new MftPatchError(failure);
    expect({ exit: error.exitCode, line: oneLine(error) }).toEqual({ exit, line: `${message} (${hint})` });
  });
});

test('every code is here, and no other', () => {
  expect(Object.keys(kinds).sort()).toEqual(Object.keys(failureKinds).sort());
});

test('every failure that can have a hint of its own is here with one', () => {
  const withHint = new Set(rows.filter(({ failure }) => 'hint' in failure).map(({ failure }) => failure.code));
  expect([...withHint]).toEqual([
    'usage',
    'bad-catalogue',
    'no-input',
    'download-failed',
    'digest-unknown',
    'bundle-damaged',
    'package-damaged',
    'package-unfit',
    'source-unfit',
    'cannot-write',
    'engine-failed',
    'not-permitted',
  ]);
});
