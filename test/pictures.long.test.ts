/** The terminal pictures of runs in containers: current. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pathOf, pictures, record } from '../scripts/pictures.mjs';
import { colorVerdicts } from '../src/report/colors.js';
import { normalised } from './recorded.js';
import { missing } from './support.js';

const why = missing('docker');

describe.skipIf(why !== '')(`pictures of runs in containers (${why || 'docker is there'})`, () => {
  test.each(pictures.filter(({ engine, running }) => engine && !running))('$name is what the program prints now', (picture) => {
    expect(comparable(readFileSync(pathOf(picture.name, 'txt'), 'utf8'))).toBe(comparable(record(picture, colorVerdicts)));
  });
});

/** Without what differs with the kernels of the day and the engine. */
function comparable(text: string): string {
  return normalised(text)
    .replace(/\b\d+\.\d+\.\d+\S*-amd64\b/g, 'RELEASE')
    .replace(/docker [\d.]+\S*?(?=,|$)/gm, 'docker')
    .replace(/images \d+ days old/, 'images N days old');
}
