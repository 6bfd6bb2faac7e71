/** A stream may be sound, but cannot be decompressed here. `command` does that. */
export class UnsupportedStream extends Error {
  constructor(
    detail: string,
    readonly command: string,
  ) {
    super(detail);
  }
}
