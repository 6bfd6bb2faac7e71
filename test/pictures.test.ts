/** The terminal pictures in docs/pictures: current, readable, and there for those who do not see them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ansiSvg, palette, withoutColor } from '../scripts/ansi-svg.mjs';
import { pathOf, pictures, record, svgOf } from '../scripts/pictures.mjs';
import { screenOf } from '../scripts/terminal-screen.mjs';
import { colorVerdicts } from '../src/report/colors.js';
import { normalised } from './recorded.js';
import { projectRoot } from './support.js';

const read = (path: string) => readFileSync(path, 'utf8');
describe.each(pictures)('$name', (picture) => {
  const { name, title, desc, engine } = picture;
  const [text, svg] = [read(pathOf(name, 'txt')), read(pathOf(name, 'svg'))];

  test('is drawn from its text: npm run pictures', () => {
    expect(svg).toBe(svgOf(picture, text));
  });

  // Those of runs in containers: npm run test:long -- pictures.
  if (!engine)
    test('is what the program prints now: npm run pictures', () => {
      expect(normalised(text)).toBe(normalised(record(picture, colorVerdicts)));
    });

  test('is small, names no path of a machine, and has words for those who do not see it', () => {
    expect(svg.length).toBeLessThan(16_000);
    expect(normalised(text)).not.toContain('PATH');
    for (const words of [title, desc]) expect(svg).toContain(words);
  });

  test('has each line as text that can be selected', () => {
    const lines = [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, inside = '']) => inside.replace(/<[^>]*>/g, ''));
    const plain = lines.map((line) =>
      line
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&'),
    );
    expect(plain).toEqual(
      withoutColor(text)
        .split('\n')
        .filter((line) => line !== ''),
    );
  });
});

test('docs/pictures has these files and no others', () => {
  const names = pictures.flatMap(({ name }) => [`${name}.svg`, `${name}.txt`]);
  // The page in a browser: npm run pictures:page.
  expect(readdirSync(join(projectRoot, 'docs/pictures')).sort()).toEqual([...names, 'page.png'].sort());
});

/** Relative luminance and contrast as WCAG 2.1 defines them. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
    const [red = 0, green = 0, blue = 0] = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test('every colour is readable on light and dark', () => {
  for (const { background, frame: _, ...colors } of Object.values(palette))
    for (const [name, color] of Object.entries(colors)) expect(contrast(color, background), name).toBeGreaterThan(4.5);
});

test('what is not text or colour is refused, and markup is escaped', () => {
  const words = { title: 'a & b', desc: '<c>' };
  expect(ansiSvg('x < "y"\n', words)).toContain('x &lt; &quot;y&quot;');
  expect(ansiSvg('x', words)).toContain('<title id="t">a &amp; b</title>');
  expect(ansiSvg('\u001b[31mno\u001b[39m yes', words)).toContain('<tspan class="c31">no</tspan> yes');
  expect(() => ansiSvg('\u001b[2Kx', words)).toThrow('no picture');
});

test('the screen in the middle of a run is what a terminal shows', () => {
  const clear = '\r\u001b[2K';
  expect(screenOf(`one\r\n${clear}two`)).toBe('one\ntwo');
  expect(screenOf(`one\r\ntwo${clear}\u001b[1A\u001b[2Kdone\r\n\u001b[31mthree\u001b[39m`)).toBe('done\n\u001b[31mthree\u001b[39m');
});
