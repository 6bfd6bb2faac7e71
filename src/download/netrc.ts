import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failInput } from '../errors.js';

interface Login {
  /** Undefined for `default`. */
  machine?: string;
  login: string;
  password: string;
}

/**
 * The Authorization header for a request (RFC 7617), from where curl(1) takes it: the user and password of the URL, else the
 * entry of its host in `.netrc`.
 *
 * @param place the URL of this request
 * @param first the URL that the user gave: its password goes to no other origin
 * @throws no-input if the file that $NETRC names cannot be read
 */
export async function authorization(place: URL, first: URL, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const given = place.username === '' && place.origin === first.origin ? first : place;
  const [login, password] = [decode(given.username), decode(given.password)];
  if (password !== '') return basic(login, password);
  const logins = await readNetrc(env);
  const found =
    logins.find(({ machine, login: name }) => machine === place.hostname && (login === '' || login === name)) ??
    logins.find(({ machine, login: name }) => machine === undefined && (login === '' || login === name));
  if (found) return basic(found.login, found.password);
  return login === '' ? undefined : basic(login, '');
}

function basic(login: string, password: string): string {
  return `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
}

/** Percent-decoded; as it is where that is not possible. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The file is $NETRC, else `.netrc` of the home directory, which may be missing. */
async function readNetrc(env: NodeJS.ProcessEnv): Promise<Login[]> {
  const path = env.NETRC || join(env.HOME || homedir(), '.netrc');
  const text = await readFile(path, 'utf8').catch((error) => (env.NETRC ? failInput(path, error, 'check $NETRC') : ''));
  return parseNetrc(text);
}

/**
 * Parses `.netrc` as curl does: words in any layout, quoted ones with backslashes, comments, and `macdef` up to an empty line.
 * A machine without a login or a password is left out.
 */
export function parseNetrc(text: string): Login[] {
  const logins: Partial<Login>[] = [];
  const withoutMacros = text.replace(/(?:^|[ \t])macdef[ \t][\s\S]*?(?:\r?\n[ \t]*\r?\n|$(?![\s\S]))/gm, '\n');
  const words = withoutMacros
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*#.*/, ''))
    .flatMap((line) => line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [])
    .map((word) => (/^".*"$/.test(word) ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word));
  for (let index = 0; index < words.length; index++) {
    const keyword = words[index];
    if (keyword === 'default') logins.push({});
    if (keyword === 'machine') logins.push({ machine: (words[++index] ?? '').toLowerCase() });
    const entry = logins.at(-1);
    if ((keyword === 'login' || keyword === 'password') && entry) entry[keyword] = words[++index] ?? '';
    if (keyword === 'account') index++;
  }
  return logins.filter((entry): entry is Login => entry.login !== undefined && entry.password !== undefined);
}
