/** How an input can fail. */
export type FaultKind = 'crash' | 'hang' | 'memory' | 'outside' | 'wrong' | 'exit';

/** What an input must not do. */
export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    detail: string,
  ) {
    super(detail);
  }
}
