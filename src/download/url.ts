/** What a URL says: where it leads, how safe the way there is, and which part of it may be shown. */
import { fail } from '../errors.js';

/** A URL of a file that is downloaded. @throws usage if it is not one; `what` names it */
export function parseUrl(text: string, what = 'URL'): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (isWeb(url)) return url;
  }
  return fail({ code: 'usage', detail: `invalid ${what} '${publicUrl(text)}'`, hint: 'pass an http or https URL' });
}

/** Whether it is a URL that this program can request. */
export function isWeb({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

/** Whether a URL leads to this very machine: what is on the way there is nobody else's. */
export function isLoopback({ hostname }: URL): boolean {
  // A parsed URL has the address in its plain form, whatever was written (URL standard, 3.5).
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Whether nobody on the way can change what comes: TLS guards it, or there is no way. */
export function isGuarded(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url);
}

/** Parameters of a query that give access: tokens, and all of what signed URLs of object stores add. */
const secretName =
  /token|secret|passw|pwd|auth|credential|session|signature|jwt|api[-_]?key|key[-_]?(id|pair)|access[-_]?key|^(sig|key|k|hmac|code|expires|policy)$|^x-(amz|goog|ms|oss|cos|obs)-/i;

/** A value that nobody thought of as a name: long, without a dot, of mixed digits and letters; or a JSON Web Token. */
function isRandom(value: string): boolean {
  return /^eyJ/.test(value) || /^(?=.*\d)(?=.*[A-Za-z])(?=.*[A-Z]|[0-9a-f-]+$)[\w+/=~-]{24,}$/.test(value);
}

/**
 * A URL as it may be shown, recorded and committed: without user and password, without the parameters of its query that give
 * access, and without its fragment, which no server sees.
 */
export function publicUrl(text: string): string {
  if (!URL.canParse(text)) return text.replace(/^([a-z][a-z0-9+.-]*:\/*)[^/]*@/i, '$1').replace(/[?#].*/s, '');
  const url = withoutCredentials(text);
  const isPublic = (parameter: string) =>
    [...new URLSearchParams(parameter)].every(([name, value]) => !secretName.test(name) && !isRandom(value) && !isRandom(name));
  url.search = url.search.slice(1).split('&').filter(isPublic).join('&');
  return url.href;
}

/** What a server is asked for: a URL without user, password and fragment. */
export function withoutCredentials(text: string): URL {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** Whether all that tells files apart is in the public form; else two files may share it. */
export function isWhollyPublic(text: string): boolean {
  return withoutCredentials(text).href === publicUrl(text);
}
