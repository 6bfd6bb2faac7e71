import * as v from 'valibot';
import { fields, parseDataFile } from '../system/data-file.js';

const text = v.pipe(v.string('must be a string'), v.nonEmpty('must be a non-empty string'));
const described = (description: string) => v.pipe(text, v.description(description));

/** A file of `kernels/`. */
export const targetFile = fields({
  $schema: v.exactOptional(v.string()),
  title: described('for people'),
  kernel: v.pipe(
    v.string('must be a string'),
    v.regex(/^[1-9]\d{0,2}\.(0|[1-9]\d{0,2})$/, (issue) => `must be major.minor, as in 6.1, not '${issue.input}'`),
    v.description('major.minor of the kernel whose headers the image holds; the oldest to be expected if `rolling`'),
  ),
  rolling: v.exactOptional(v.pipe(v.boolean('must be true or false'), v.description('the suite moves on'))),
  image: described('the base image, by its name in a registry'),
  suites: v.pipe(
    v.array(text, 'must be a list of strings'),
    v.minLength(1, 'must name at least the suite of the base image, as in bookworm'),
    v.description("apt's suites: that of the base image, and those to add to it"),
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
});

export type TargetFile = Required<Omit<v.InferOutput<typeof targetFile>, '$schema'>>;

/**
 * Reads a target from the text of its file.
 * @throws bad-catalogue with all faults of the file
 */
export function parseTarget(file: string, text: string): TargetFile & { name: string } {
  const { $schema: _, ...target } = parseDataFile(targetFile, file, text);
  return { name: file.replace(/^.*\//, '').replace(/\.json$/, ''), rolling: false, snapshot: '', checkValidUntil: true, ...target };
}
