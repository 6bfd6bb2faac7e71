/** What an input must not do. `kind`: crash, hang, memory, outside, wrong, exit. */
export class Fault extends Error {
  constructor(kind, detail) {
    super(detail);
    this.kind = kind;
  }
}
