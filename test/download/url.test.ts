import { describe, expect, test } from 'vitest';
import { isGuarded, isWhollyPublic, parseUrl, publicUrl } from '../../src/download/url.js';
import { failureOf } from '../support.js';

describe('what is shown of a URL', () => {
  test.each([
    ['https://h/x.tgz', 'https://h/x.tgz'],
    ['https://u:p@h/x.tgz#top', 'https://h/x.tgz'],
    ['https://u:p%40@h:8443/x.tgz?token=S3cret', 'https://h:8443/x.tgz'],
    ['https://h/d?file=a.tgz&token=S3cret&v=2', 'https://h/d?file=a.tgz&v=2'],
    ['https://h/d?X-Amz-Date=20261126T000000Z&x-amz-signature=ab&file=a', 'https://h/d?file=a'],
    ['https://h/d?sv=2022&se=2026&sig=abc%3D', 'https://h/d?sv=2022&se=2026'],
    ['https://h/d?private_token=a&job_token=b&Signature=c&apikey=d&Key-Pair-Id=e&auth=f&passwd=g', 'https://h/d'],
    ['https://h/d?id=9f86d081884c7d659a2feaa0c55ad015', 'https://h/d'],
    ['https://h/d?eyJhbGciOi.J9.x', 'https://h/d'],
    ['https://h/d?file=kernel-mft-dkms_4.20.1-14_all_and_more.deb', 'https://h/d?file=kernel-mft-dkms_4.20.1-14_all_and_more.deb'],
    ['https://h/d?a=b%20c&&e', 'https://h/d?a=b%20c&&e'],
    ['HTTP://u@H:80', 'http://h/'],
    // What is no URL may hold a password, too.
    ['https://u:p@h:99999/x?token=S3cret', 'https://h:99999/x'],
    ['https://u:p@[bad/?a#b', 'https://[bad/'],
    ['nonsense', 'nonsense'],
  ])('%s: %s', (url, shown) => {
    expect(publicUrl(url)).toBe(shown);
    expect(publicUrl(shown)).toBe(shown);
  });

  test('tells whether files may share it', () => {
    expect(['https://u:p@h/x#y', 'https://h/x?v=1'].map(isWhollyPublic)).toEqual([true, true]);
    expect(isWhollyPublic('https://h/x?key=a.tgz')).toBe(false);
  });
});

test.each([
  ['https://h/', true],
  ['http://localhost', true],
  ['HTTP://LOCALHOST:8080/x', true],
  ['http://user@127.1/x', true],
  ['http://2130706433/', true],
  ['http://[::1]:80/', true],
  ['http://h/', false],
  ['http://127.0.0.1.h/', false],
  ['http://localhost.h/', false],
  ['http://localhost@h/', false],
  ['http://h/localhost/', false],
])('the way of %s is guarded: %j', (url, is) => {
  expect(isGuarded(new URL(url))).toBe(is);
});

test.each(['', 'http://', 'http://[bad/', 'http://h:99999/', 'ftp://h/', 'file:///x', '/x', 'h/x'])('%j is refused', async (text) => {
  expect(await failureOf(() => parseUrl(text))).toMatchObject({ code: 'usage', detail: `invalid URL '${text}'` });
});
