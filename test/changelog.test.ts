import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import compare from 'semver/functions/compare.js';
import valid from 'semver/functions/valid.js';
import { describe, expect, test } from 'vitest';
import { projectRoot } from './support.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const sections = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

/** What is wrong with a changelog in the form of keepachangelog.com, for a package of this version on this day. */
function faultsOf(changelog: string, version: string, today: string): string[] {
  const [, ...releases] = changelog.split(/^## /m);
  const headings = releases.map((text) => text.split('\n', 1)[0] ?? '');
  const released = headings.filter((heading) => heading !== '[Unreleased]');
  const parsed = released.map((heading) => /^\[(\S+)\] - (\d{4}-\d{2}-\d{2})$/.exec(heading));
  const versions = parsed.map((match) => match?.[1] ?? '');
  const names = headings.map((heading) => /^\[(\S+)\]/.exec(heading)?.[1] ?? heading);
  const unlinked = names.filter((name) => !changelog.includes(`\n[${name}]: https://`));
  return [
    ...(headings.indexOf('[Unreleased]') > 0 ? ['Unreleased is not on top'] : []),
    ...released.filter((_, index) => !parsed[index] || !valid(versions[index])).map((heading) => `heading '${heading}'`),
    ...(versions[0] === version ? [] : [`newest is ${versions[0]}, package.json has ${version}`]),
    ...versions.filter((one, index) => valid(one) && valid(versions[index - 1]) && compare(one, versions[index - 1] ?? '') >= 0),
    ...parsed.flatMap((match) => (match?.[2] && dateFault(match[2], today)) || []),
    ...(unlinked.length % names.length === 0 ? [] : unlinked.map((name) => `no link for ${name}`)),
    ...releases.flatMap((text, index) => sectionFaults(text).map((fault) => `${names[index]}: ${fault}`)),
  ];
}

function dateFault(date: string, today: string): string | undefined {
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) return `date ${date}`;
  return date > today ? `future ${date}` : undefined;
}

function sectionFaults(release: string): string[] {
  const [, ...parts] = release.replace(/^\[.*\]: .*$/gm, '').split(/^### /m);
  if (parts.length === 0) return ['no section'];
  return parts.flatMap((part) => {
    const [name = '', ...lines] = part.split('\n');
    if (!sections.includes(name)) return [`section '${name}'`];
    return lines.some((line) => /^- \S/.test(line)) ? [] : [`${name} is empty`];
  });
}

test('CHANGELOG.md describes the version in package.json', () => {
  const today = new Date().toISOString().slice(0, 10);
  expect(faultsOf(read('CHANGELOG.md'), JSON.parse(read('package.json')).version, today)).toEqual([]);
});

describe('the check sees', () => {
  const unreleased = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a\n';
  const release = (version: string, date: string, body = '### Fixed\n\n- b\n') => `\n## [${version}] - ${date}\n\n${body}`;
  const good = unreleased + release('1.10.0', '2026-02-28') + release('1.9.0', '2026-02-28');

  test.each<[string, string, string[]]>([
    ['nothing in a good one', good, []],
    [
      'nothing where each heading has a link',
      `${good}\n${['Unreleased', '1.10.0', '1.9.0'].map((v) => `[${v}]: https://x`).join('\n')}\n`,
      [],
    ],
    ['a version without an entry', unreleased + release('1.9.0', '2026-02-28'), ['newest is 1.9.0, package.json has 1.10.0']],
    ['versions that do not descend', good + release('1.9.1', '2026-01-01'), ['1.9.1']],
    ['a version that is there twice', good + release('1.9.0', '2026-01-01'), ['1.9.0']],
    ['what is not a version', good + release('1.8', '2026-01-01'), ["heading '[1.8] - 2026-01-01'"]],
    ['a date that is not ISO', good + release('1.8.0', '1.1.2026'), ["heading '[1.8.0] - 1.1.2026'"]],
    ['a date that is not in the calendar', good + release('1.8.0', '2026-02-30'), ['date 2026-02-30']],
    ['a date in the future', good + release('1.8.0', '2026-03-02'), ['future 2026-03-02']],
    ['a link for some headings only', `${good}\n[1.9.0]: https://x\n`, ['no link for Unreleased', 'no link for 1.10.0']],
    ['an unknown section', good + release('1.8.0', '2026-01-01', '### New\n\n- a\n'), ["1.8.0: section 'New'"]],
    ['an empty section', good + release('1.8.0', '2026-01-01', '### Added\n\n### Fixed\n\n- a\n'), ['1.8.0: Added is empty']],
    ['a release without a section', good + release('1.8.0', '2026-01-01', 'words\n'), ['1.8.0: no section']],
    ['Unreleased below a release', good.replace(unreleased, '# Changelog\n') + unreleased.slice(12), ['Unreleased is not on top']],
  ])('%s', (_, changelog, faults) => {
    expect(faultsOf(changelog, '1.10.0', '2026-03-01')).toEqual(faults);
  });
});
