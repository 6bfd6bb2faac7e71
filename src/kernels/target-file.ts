import * as v from 'valibot';
import { fail } from '../errors.js';
import { fields, parseDataFile } from '../system/data-file.js';

const text = v.pipe(v.string('must be a string'), v.nonEmpty('must be a non-empty string'));
const described = (description: string) => v.pipe(text, v.description(description));

const archive = fields({
  uri: v.pipe(
    v.string('must be a string'),
    // A password in it would be in the image.
    v.regex(/^https?:\/\/[^\s|@]+$/, 'must be an http or https URL without a password, as sources.list(5) has it'),
    v.description('the URL of the archive'),
  ),
  suite: v.pipe(v.string('must be a string'), v.regex(/^[^\s|]+$/, 'must be a suite, as in bookworm'), v.description('its suite')),
  components: v.pipe(
    v.array(v.pipe(v.string('must be a string'), v.regex(/^[^\s|]+$/, 'must be a component, as in main')), 'must be a list of strings'),
    v.minLength(1, 'must name at least one component, as in main'),
    v.description('its components'),
  ),
  key: v.pipe(
    v.string('must be a string'),
    v.regex(/^(https:\/\/\S+|[\w.-]+)$/, 'must be the name of a file beside this one, or an https URL'),
    v.description('where the key is that signs it: a file beside this one, or an https URL of one in ASCII armor'),
  ),
  fingerprint: v.pipe(
    v.string('must be a string'),
    v.regex(/^([0-9A-F]{40}|[0-9A-F]{64})$/, 'must be 40 or 64 hex digits in upper case, without blanks'),
    v.description("the fingerprint of that key, as gpg --show-keys prints it; of a file with several keys the archive's is taken"),
  ),
});

/** An archive of apt's that is not the distribution's. */
export type Archive = v.InferOutput<typeof archive>;

/** A file of `kernels/`, or of a directory of the user's own. */
export const targetFile = fields({
  $schema: v.exactOptional(v.string()),
  replaces: v.exactOptional(
    v.pipe(
      v.boolean('must be true or false'),
      v.description("in a file of --kernels-dir: it is taken in the place of the project's target of its name"),
    ),
  ),
  title: described('for people'),
  kernel: v.pipe(
    v.string('must be a string'),
    v.regex(/^[1-9]\d{0,2}\.(0|[1-9]\d{0,2})$/, (issue) => `must be major.minor, as in 6.1, not '${issue.input}'`),
    v.description('major.minor of the kernel whose headers the image holds; the oldest to be expected if `rolling`'),
  ),
  rolling: v.exactOptional(v.pipe(v.boolean('must be true or false'), v.description('the suite moves on'))),
  releases: v.exactOptional(
    v.pipe(
      v.string('must be a string'),
      v.check(isExpression, 'must be a regular expression, as in -pve$'),
      v.description(
        'of a kernel that is not the usual one of its distribution: what its releases (uname -r) match, as in -pve$. Such a target is taken for these and by its name, and not by `all` or a version alone',
      ),
    ),
  ),
  image: described('the base image, by its name in a registry'),
  suites: v.pipe(
    v.array(text, 'must be a list of strings'),
    v.minLength(1, 'must name at least the suite of the base image, as in bookworm'),
    v.description("apt's suites: that of the base image, and those to add to it"),
  ),
  archives: v.exactOptional(
    v.pipe(
      v.array(archive, 'must be a list of archives'),
      v.description('further archives that apt takes packages from, each with its key'),
    ),
  ),
  headers: described('the packages with the headers, as apt-get(8) takes them; {arch} is the architecture as Debian names it'),
  snapshot: v.exactOptional(
    v.pipe(
      v.string('must be a string'),
      v.regex(/^\d{8}T\d{6}Z$/, 'must be a snapshot timestamp such as 20220702T000000Z'),
      v.description('the moment from which the added suites are taken (sources.list(5), Snapshot)'),
    ),
  ),
  checkValidUntil: v.exactOptional(
    v.pipe(v.boolean('must be true or false'), v.description('whether an index past its Valid-Until date is refused, as apt does')),
  ),
  tried: v.pipe(
    v.array(
      v.picklist(['docker', 'podman'], (issue) => `must be docker or podman, not ${issue.received}`),
      'must be a list of strings',
    ),
    v.description("the container engines that the project's CI tests it with"),
  ),
  untried: v.exactOptional(described('why CI does not test it, where it does not')),
});

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) !== undefined;
  } catch {
    return false;
  }
}

type Optional = 'releases' | 'archives' | 'untried';
export type TargetFile = Required<Omit<Given, Optional>> & Pick<Given, Optional>;

/**
 * Reads a target from the text of its file.
 * @throws bad-catalogue with all faults of the file
 */
export function parseTarget(file: string, text: string): TargetFile & { name: string } {
  const { $schema: _, replaces, ...target } = parseDataFile(targetFile, file, text);
  if (replaces) fail({ code: 'bad-catalogue', file, detail: 'replaces: only a target of --kernels-dir can replace another' });
  return named(file, target);
}

/**
 * The same for a target of the user's own.
 * @param project the names of the project's targets
 * @throws bad-catalogue with all faults of the file, or for its name
 */
export function parseOwnTarget(file: string, text: string, project: readonly string[]): TargetFile & { name: string } {
  const { $schema: _, replaces = false, ...rest } = parseDataFile(targetFile, file, text);
  const target = named(file, rest);
  const { name } = target;
  const refuse = (detail: string, hint: string) => fail({ code: 'bad-catalogue', file, detail, hint });
  // It is part of the names of images, and --kernel has other meanings for some words and for what begins with a digit.
  if (!/^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/.test(name) || ['all', 'host'].includes(name))
    refuse(`'${name}' cannot be the name of a target`, 'rename it: a letter, then letters in lower case, digits, and . or - between them');
  if (project.includes(name) && !replaces)
    refuse('mft-patch has a target of this name', 'rename it, or add "replaces": true to use it in the place of that one');
  if (!project.includes(name) && replaces)
    refuse('replaces: mft-patch has no target of this name', 'remove that field, or rename the file; mft-patch kernels lists the targets');
  return target;
}

type Given = Omit<v.InferOutput<typeof targetFile>, '$schema' | 'replaces'>;

function named(file: string, target: Given): TargetFile & { name: string } {
  return { name: file.replace(/^.*\//, '').replace(/\.json$/, ''), rolling: false, snapshot: '', checkValidUntil: true, ...target };
}
