/**
 * Takes bytes from a stream of chunks, as many as are wanted at a time. A chunk need not hold longer than until the next one is asked
 * for; nor do pieces that are given out, or what was only looked at.
 */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  /** Of the body that is being read, how many bytes are not yet. */
  #left = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#source = chunks[Symbol.asyncIterator]();
  }

  async #fill(): Promise<boolean> {
    if (this.#rest.length > 0) this.#rest = Buffer.from(this.#rest);
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) if (!(await this.#fill())) return true;
    return false;
  }

  /** The next bytes, which stay to be read; fewer where the stream ends. For small sizes only. */
  async peek(size: number): Promise<Buffer> {
    while (this.#rest.length < size) if (!(await this.#fill())) break;
    return this.#rest.subarray(0, size);
  }

  /** The next bytes. For small sizes only. @throws Error if the stream ends before */
  async read(size: number): Promise<Buffer> {
    while (this.#rest.length < size) if (!(await this.#fill())) throw new Error('the archive is truncated');
    const taken = Buffer.from(this.#rest.subarray(0, size));
    this.#rest = this.#rest.subarray(size);
    return taken;
  }

  /** The next bytes, piece by piece. @throws Error while it is read, if the stream ends before */
  body(size: number): AsyncIterable<Buffer> {
    this.#left = size;
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      if (await this.isAtEnd()) throw new Error('the archive is truncated');
      const piece = this.#rest.subarray(0, this.#left);
      this.#rest = this.#rest.subarray(piece.length);
      this.#left -= piece.length;
      yield piece;
    }
  }

  /** Passes over what is left of the body, and as many bytes more. */
  async skip(padding: number): Promise<void> {
    this.#left += padding;
    for await (const _ of this.#pieces());
  }

  /** All that is left. */
  async *rest(): AsyncGenerator<Buffer> {
    while (!(await this.isAtEnd())) {
      const piece = this.#rest;
      this.#rest = Buffer.alloc(0);
      yield piece;
    }
  }
}
