/** Matrices for the tests of their renderers, and a parser that is not ours: Python's, for XML and for HTML. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import type { CellVerdict, MatrixCell, MatrixDocument, Provenance } from '../../src/documents/index.js';

const missing = "mst_pciconf.c:598:13: error: implicit declaration of function 'pci_unmap_single'; did you mean 'dma_unmap_single'?";
export const words = `${missing}\ncc1: some warnings being treated as errors\nmake[1]: *** [Makefile:1924: /var/lib/dkms] Error 2`;

const verdict = (status: CellVerdict['status'], seconds: number, reason?: string): CellVerdict => ({
  status,
  seconds,
  log: status === 'error' ? '' : '/home/me/out/logs/x.make.log',
  ...(reason === undefined ? {} : { reason }),
});

/** What a verdict is on. Two of the same arguments are on the same. */
export const onOf = (changes: Partial<Provenance> = {}): Provenance => ({
  package: 'a'.repeat(64),
  patches: [{ id: 'dma-unmap', sha256: 'd'.repeat(64) }],
  image: `sha256:${'1'.repeat(64)}`,
  imageCreated: '2026-11-22T09:00:00.000Z',
  program: { version: '0.1.0', sha256: 'f'.repeat(64) },
  engine: 'docker 20.10.24',
  architecture: 'amd64',
  options: { boot: false, package: 'universal' },
  date: '2026-11-24T10:30:00.000Z',
  ...changes,
});

/** The result with all verdicts on the same. */
export const withOn = (document: MatrixDocument, changes: Partial<Provenance> = {}): MatrixDocument => ({
  ...document,
  cells: document.cells.map((cell) => ({
    ...cell,
    ...(cell.vendor ? { vendor: { ...cell.vendor, on: onOf({ ...changes, package: 'e'.repeat(64), patches: [] }) } } : {}),
    patched: { ...cell.patched, on: onOf(changes) },
  })),
});

export function cellOf(changes: Partial<MatrixCell> = {}): MatrixCell {
  const artifact = '/home/me/out/kernel-mft-dkms_4.20.1-14+mftpatch20261123.e7471d3_all.deb';
  const release = '6.1.0-50-amd64';
  return {
    target: 'debian-12',
    kernel: '6.1',
    release,
    patches: ['dma-unmap'],
    patched: { ...verdict('builds', 41.2), artifact },
    ...changes,
  };
}

export const matrixOf = (...cells: MatrixCell[]): MatrixDocument => ({
  schema: 'mft-patch/matrix@1',
  mft: { version: '4.20.1', revision: '14' },
  cells,
});

/** Every status in both columns; one cell without the vendor's. */
export const baseline = matrixOf(
  cellOf({ target: 'debian-11', kernel: '5.10', release: '5.10.0-40-amd64', patches: [], vendor: verdict('builds', 33.3) }),
  cellOf({ vendor: verdict('fails', 12.5, words) }),
  cellOf({
    target: 'debian-13-backports',
    kernel: '7.3',
    release: '',
    vendor: verdict('error', 0.4, 'no image: <pull> refused & "denied"'),
    patched: { ...verdict('error', 0.3, 'no image: <pull> refused & "denied"'), artifact: '' },
  }),
  cellOf({
    target: 'debian-sid',
    kernel: '7.4',
    release: '7.4.0-rc1_x86_64',
    patches: ['dma-unmap', 'ccflags'],
    vendor: verdict('fails', 11, words),
    patched: { ...cellOf().patched, ...verdict('fails', 20, 'nnt_ioctl.h: No such file\nmake: *** stop') },
  }),
  cellOf({ target: 'ubuntu-24.04', kernel: '6.8', release: '6.8.0-90-generic' }),
);

/** The same without the vendor's column. */
export const patchedOnly = matrixOf(...baseline.cells.map(({ vendor: _, ...cell }) => cell));

const bootedCell = (target: string, loads: 'loads' | 'fails' | 'error', works = true) => ({
  target,
  kernel: '6.1',
  release: '6.1.0-50-amd64',
  patches: [],
  patched: {
    status: loads === 'loads' ? ('builds' as const) : loads,
    reason: 'Unknown symbol x',
    seconds: 1,
    log: '',
    loads,
    ...(loads === 'loads' ? { works: works ? ('works' as const) : ('error' as const) } : {}),
    notTested: works ? [] : ['mst_pci: INIT on a PCI device: the machine has none'],
    accel: 'tcg' as const,
    artifact: 'a.deb',
  },
});
/** After boots: what works, does not load, could not be booted, and loads but could not be asked. */
export const booted: MatrixDocument = {
  schema: 'mft-patch/matrix@1',
  mft: { version: '4.20.1', revision: '14' },
  cells: [bootedCell('good', 'loads'), bootedCell('bad', 'fails'), bootedCell('untried', 'error'), bootedCell('unasked', 'loads', false)],
};

/** Any text at all, and text made of what markup is made of. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 10 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(...'<>&"\'`|\\*_[]()#-~\r\n\t\0\u001b a', '\ud800', ']]>', '<!--', '-->', '</pre>', '</script>', '```', '&#0;'),
      {
        maxLength: 12,
      },
    )
    .map((parts) => parts.join('')),
);

const anyVerdict = fc.record({
  status: fc.constantFrom('builds' as const, 'fails' as const, 'error' as const),
  reason: anyText,
  seconds: fc.integer({ min: 0, max: 9999 }).map((tenths) => tenths / 10),
  log: anyText,
});

/** Matrices in which every text is arbitrary. */
export const anyMatrix: fc.Arbitrary<MatrixDocument> = fc
  .array(
    fc.record(
      {
        target: anyText,
        kernel: anyText,
        release: anyText,
        patches: fc.array(anyText, { maxLength: 2 }),
        vendor: anyVerdict,
        patched: fc.tuple(anyVerdict, anyText).map(([rest, artifact]) => ({ ...rest, artifact })),
      },
      { requiredKeys: ['target', 'kernel', 'release', 'patches', 'patched'] },
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((cells) => matrixOf(...cells));

/** What is left of a text once what no document may hold has been replaced: written out anew, since the test must not ask the code. */
export const kept = (text: string): string =>
  [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const control = (code < 0x20 && !'\t\n\r'.includes(character)) || (code >= 0x7f && code < 0xa0);
      return control || (code >= 0xd800 && code < 0xe000) || code === 0xfffe || code === 0xffff ? '\ufffd' : character;
    })
    .join('');

/** An element as Python's parser saw it. Its text is that before its first child. */
export interface Element {
  tag: string;
  attributes: Record<string, string>;
  text: string;
  children: Element[];
}

const xmlReader = `
import json, sys, xml.etree.ElementTree as tree
def plain(e): return {'tag': e.tag, 'attributes': e.attrib, 'text': e.text or '', 'children': [plain(c) for c in e]}
print(json.dumps(plain(tree.fromstring(sys.stdin.buffer.read()))))`;

// Strict where HTML itself is lenient: every element must be closed, in its turn.
const htmlReader = `
import json, sys
from html.parser import HTMLParser
class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = [{'tag': '', 'attributes': {}, 'text': '', 'children': []}]
    def handle_starttag(self, tag, attributes):
        element = {'tag': tag, 'attributes': {k: v or '' for k, v in attributes}, 'text': '', 'children': []}
        self.open[-1]['children'].append(element)
        if tag not in ('meta', 'input'): self.open.append(element)
    def handle_endtag(self, tag):
        if self.open[-1]['tag'] != tag: sys.exit('</%s> closes <%s>' % (tag, self.open[-1]['tag']))
        self.open.pop()
    def handle_data(self, text): self.open[-1]['text'] += text
    def handle_comment(self, text): sys.exit('a comment: ' + text)
reader = Reader()
reader.feed(sys.stdin.buffer.read().decode())
reader.close()
if len(reader.open) != 1: sys.exit('not closed: ' + reader.open[-1]['tag'])
print(json.dumps(reader.open[0]))`;

function read(program: string, document: string): Element {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program], { input: document, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`python3: ${stderr}\n${document}`);
  return JSON.parse(stdout);
}

/** @throws if it is not well-formed */
export const readXml = (document: string): Element => read(xmlReader, document);
/** @throws if an element is not closed in its turn */
export const readHtml = (document: string): Element => read(htmlReader, document);

/** All elements of a kind, at any depth, in the order of the document. */
export function all(element: Element, tag: string): Element[] {
  return element.children.flatMap((child) => [...(child.tag === tag ? [child] : []), ...all(child, tag)]);
}
