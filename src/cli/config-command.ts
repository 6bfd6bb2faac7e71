/** The command that shows which options hold. It takes all that a project file may set. */
import type { Option } from '@commander-js/extra-typings';
import type { CommonOptions, MakeCommand, Show } from './command-maker.js';
import { options } from './options.js';
import { keys } from './project-keys.js';

type Value = boolean | number | string | string[];

export function addConfigCommand(command: MakeCommand, show: Show): void {
  const config = command('config', 'show which options have a value, and where it is from: flag, project file, environment or default', {
    examples: ['mft-patch config', 'mft-patch config --json', 'mft-patch config --config site/mft-patch.json --memory 4g'],
    rules: {
      exclusive: [
        ['bundle', 'deb', 'mft', 'sample'],
        ['verify', 'noVerify'],
      ],
    },
  });
  for (const key of keys)
    if (!config.options.some((option) => (option as unknown) === options[key])) config.addOption(options[key] as Option);
  config.action((read: CommonOptions) =>
    show(read, async (context) => {
      const { given, project } = read.origins ?? { given: new Map(), project: undefined };
      const flags = [...given].flatMap(([key, texts]): [string, Value][] => (keys.includes(key as never) ? [[key, valueFrom(texts)]] : []));
      return (await import('../commands/config.js')).config(
        {
          keys: keys.map((key) => {
            const { long, defaultValue, defaultValueDescription } = options[key] as Option;
            const fallback = defaultValueDescription ?? (defaultValue as Value | undefined);
            return { key, flag: long ?? '', ...(fallback === undefined ? {} : { fallback }) };
          }),
          flags: new Map(flags),
          file: project?.path ?? '',
          settings: project?.settings ?? [],
        },
        context,
      );
    }),
  );
}

/** What follows a flag: nothing, one text, or one each time. */
function valueFrom(texts: readonly string[]): Value {
  const [only, ...more] = texts;
  return only === undefined ? true : more.length > 0 ? [...texts] : only;
}
