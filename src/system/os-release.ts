/** What a system says that it is: os-release(5). */

/** A field of /etc/os-release, without its quotes; empty if it is missing. @param text that of the file */
export function osReleaseField(text: string, name: string): string {
  const found = new RegExp(`^${name}=(?:"([^"\n]*)"|'([^'\n]*)'|([^"'\n]*))$`, 'm').exec(text);
  return found?.slice(1).find((value) => value !== undefined) ?? '';
}

/** The system for people, as in Debian GNU/Linux 12 (bookworm). @param text that of the file */
export function osName(text: string): string {
  return osReleaseField(text, 'PRETTY_NAME') || 'a system without /etc/os-release';
}
