import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersion } from '../../src/deb/version.js';
import { missing, sh } from '../support.js';

const seed = 4201;

const upstream = fc
  .tuple(
    fc.constantFrom('0', '1', '2', '10', '4.20.1', '4.20', '007'),
    fc.array(fc.constantFrom('.', '~', '+', 'a', 'B', 'z', '0', '1', '00', '10', '9', '-', 'rc', '~~')),
  )
  .map(([first, rest]) => first + rest.slice(0, 5).join(''));
const revision = fc
  .array(fc.constantFrom('.', '~', '+', 'a', 'Z', '0', '1', '01', '14', '9'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const version = fc
  .tuple(fc.constantFrom('', '', '', '0:', '1:', '01:', '2:'), upstream, fc.option(revision))
  .map(([epoch, text, rev]) => `${epoch}${rev === null ? text.replaceAll('-', '') : `${text}-${rev}`}`);

/** A version and one that differs from it a little, so that order hangs on a single character. */
const near = fc
  .tuple(version, fc.nat(), fc.constantFrom('~', '0', '1', '.', 'a', '+', '', '~0', '.0'), fc.nat({ max: 2 }))
  .map(([text, at, insert, remove]): [string, string] => {
    const place = text.indexOf(':') + 2 + (at % text.length);
    return [text, text.slice(0, place) + insert + text.slice(place + remove)];
  })
  .filter(([, other]) => !other.endsWith('-'));

const picked = `
  1.0 1.0-0; 1.0 1.0-1; 1.0-0 1.0-00; 1.0 0:1.0; 1.0 00:1.0; 1.0 1:0.1; 9:1 10:1; 1.0~ 1.0; 1.0~~ 1.0~; 1.0~~a 1.0~; 1.0~rc1 1.0~rc2;
  1.0 1.0a; 1.0a 1.0+; 1.0+ 1.0.; 1.0. 1.0-1; 1.0a 1.0~a; 1.09 1.9; 1.0 1.00; 1.10 1.9; 1.a 1.A; 1.Z 1.a; 1.0-1 1.0-1~bpo; 1.0-1 1.0-1+b1;
  1.0-1-1 1.0-1.1; 1.0--1 1.0-1; 4.20.1-14 4.20.1-14+mftpatch0; 4.20.1-14+mftpatch0 4.20.1-15; 4.20.1-14+mftpatch20220702.abc 4.20.1-14+mftpatch0;
  4.20.1-14 4.21.0-99; 4.26.1.3-1 4.26.1-6; 4.26.1-6 4.26.1; 1.0-1 1.0-a; 1.0-~ 1.0; 1.0-+ 1.0; 0 00; 1 1.; 1 1.0; 1.0a1 1.0a01; 1.0+1 1.0.1;
  99999999999999999999 99999999999999999998; 1.18446744073709551616 1.18446744073709551617; 1:1:2 1:1.2; 2147483647:1 1:1`;

describe.skipIf(missing('tools') !== '')('versions beside dpkg', () => {
  test('sort as dpkg sorts them', () => {
    const pairs = [
      ...picked.split(';').map((pair) => pair.trim().split(' ') as [string, string]),
      ...fc.sample(fc.tuple(version, version), { numRuns: 150, seed }),
      ...fc.sample(near, { numRuns: 350, seed }),
    ];
    const judged = sh(
      `while read -r a b; do
        if dpkg --compare-versions $a lt $b; then echo -1
        elif dpkg --compare-versions $a eq $b; then echo 0
        else echo 1; fi 2>&1
      done`,
      { input: `${pairs.map((pair) => pair.join(' ')).join('\n')}\n` },
    )
      .trim()
      .split('\n');
    expect(judged.every((order) => /^(-1|0|1)$/.test(order))).toBe(true);
    const show = (orders: number[]) => pairs.map(([a, b], i) => `${a} ${'<=>'[(orders[i] ?? 9) + 1]} ${b}`);
    const expected = judged.map(Number);
    expect(show(pairs.map(([a, b]) => Math.sign(compareVersions(a, b))))).toEqual(show(expected));
    expect(show(pairs.map(([a, b]) => 0 - Math.sign(compareVersions(b, a))))).toEqual(show(expected));
    expect(pairs.length).toBeGreaterThan(500);
    for (const order of [-1, 0, 1]) expect(expected.filter((one) => one === order).length).toBeGreaterThan(30);
  });

  test('are taken apart as dpkg takes them apart', () => {
    const texts = [
      ...new Set([...fc.sample(version, { numRuns: 200, seed }), '1:2.3-4-5', '1:2:3-4', '0', '1--2', '2147483647:1', '1.0-0', '0:1']),
    ];
    const perl = `while (<>) { chomp; my $v = Dpkg::Version->new($_);
      print join('|', $v->{no_epoch} ? '' : $v->epoch, $v->version, $v->{no_revision} ? '' : $v->revision), "\\n" }`;
    const judged = sh(`perl -MDpkg::Version -e "$PERL"`, { input: `${texts.join('\n')}\n`, env: { ...process.env, PERL: perl } });
    const parts = texts.map((text) => {
      const { epoch, upstream, revision } = parseVersion(text);
      return [epoch, upstream, revision].join('|');
    });
    expect(parts).toEqual(judged.trimEnd().split('\n'));
  });

  test('are refused where dpkg refuses them', () => {
    const text = fc.array(fc.constantFrom('0', '1', '2', '.', '-', ':', '~', '+', 'a', '_', '/', 'é', '$'), { minLength: 1, maxLength: 6 });
    const handPicked =
      '1- 1-1- -1 - : :1 1: 1:-1 1a:2 1.0:2 1-2:3 0:1-2:3 abc 1:abc 2147483648:1 99999999999:1 -1:1 1_2 1-a_b 1/2 ~1 +1 .1 v1 1:v1 1,2 ../1';
    const texts = [...handPicked.split(' '), ...fc.sample(text, { numRuns: 300, seed }).map((parts) => parts.join(''))];
    const judged = sh('while read -r v; do dpkg --validate-version -- "$v" 2>/dev/null && echo valid || echo refused; done', {
      input: `${texts.join('\n')}\n`,
    });
    const ours = texts.map((version) => {
      try {
        parseVersion(version);
        return `${version} valid`;
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        expect((error as Error).message).toContain(`'${version}'`);
        return `${version} refused`;
      }
    });
    const theirs = judged.trimEnd().split('\n');
    expect(ours).toEqual(texts.map((version, i) => `${version} ${theirs[i]}`));
    expect(theirs.filter((word) => word === 'valid').length).toBeGreaterThan(30);
  });
});

test.each(['', ' ', '1 0', '1.0\n', '\n1.0', '1.0\0'])('text that is no version is refused: %j', (text) => {
  expect(() => parseVersion(text)).toThrow(SyntaxError);
  expect(() => compareVersions('1.0', text)).toThrow(SyntaxError);
});
