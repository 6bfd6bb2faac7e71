import { defaultRelease } from '../bundle/releases.js';
import type { Context } from '../context.js';
import type { ConfigDocument, ConfigSetting } from '../documents/index.js';
import { publicUrl } from '../download/url.js';

type Value = ConfigSetting['value'];

export interface ConfigRequest {
  /** All keys, in the order in which they are shown, with the defaults of their options. */
  keys: readonly { key: string; flag: string; fallback?: Value }[];
  /** What the command line says, by key. */
  flags: ReadonlyMap<string, Value>;
  /** The project file, and what of it holds. */
  file: string;
  settings: readonly { key: string; line: number; value: Value }[];
}

/** Shows which options have a value, and where each is from: a flag goes before the file, that before the environment and defaults. */
export function config({ keys, flags, file, settings }: ConfigRequest, context: Context): ConfigDocument {
  const source = ['bundle', 'deb', 'sample', 'mft'].some((key) => flags.has(key) || settings.some((setting) => setting.key === key));
  const fallbacks = new Map<string, Value>([
    ['cacheDir', context.cacheDir],
    ['lock', 'mft-patch.lock'],
    ...(source ? [] : [['mft', defaultRelease] as const]),
  ]);
  const rows = keys.flatMap(({ key, flag, fallback = fallbacks.get(key) }): ConfigSetting[] => {
    const given = flags.get(key);
    if (given !== undefined) return [{ key, value: given, from: { kind: 'flag', flag } }];
    const setting = settings.find((setting) => setting.key === key);
    if (setting) return [{ key, value: setting.value, from: { kind: 'file', file, line: setting.line } }];
    const variable = variables[key]?.find((name) => context.env[name]);
    const fromVariable = key === 'cacheDir' ? context.cacheDir : (context.env[variable ?? ''] ?? '');
    if (variable !== undefined) return [{ key, value: fromVariable, from: { kind: 'environment', variable } }];
    return fallback === undefined ? [] : [{ key, value: fallback, from: { kind: 'default' } }];
  });
  return { schema: 'mft-patch/config@1', file, settings: rows.map((row) => ({ ...row, value: shown(row.value) })) };
}

/** The environment variables that give an option its value, the first that is set. */
const variables: Record<string, string[]> = { mirror: ['MFT_PATCH_MIRROR'], cacheDir: ['XDG_CACHE_HOME', 'HOME'] };

/** A value without the secrets that a URL may hold. */
function shown(value: Value): Value {
  if (Array.isArray(value)) return value.map((one) => String(shown(one)));
  return typeof value === 'string' && /^https?:\/\//i.test(value) ? publicUrl(value) : value;
}
