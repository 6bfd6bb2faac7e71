/** What ends a build, as a value: the kind of break, what it is about, and where. */
import type { DiagnosedError } from '../documents/index.js';

/** The kinds of breaks that are recognised. `renamed-function` shows in the headers only; a log alone says `removed-function`. */
export type ErrorKind = DiagnosedError['kind'];

/** A place in the module's source. The line counts from 1; 0 if none is known. */
export interface Place {
  file: string;
  line: number;
}

/** One distinct error of a build. */
export interface BuildError {
  kind: ErrorKind;
  /** The words of the compiler, of modpost or of make, from `error:` on; quotes are plain ones. */
  message: string;
  /** The function, member, header, symbol or variable that it is about; empty for an unknown error. */
  name: string;
  /** The struct of a member, the namespace of a symbol, or the header that a lost include path leads to. */
  owner?: string;
  /** Of a callback: the type that the kernel wants, and the one that the module gives. */
  expected?: string;
  actual?: string;
  /** What the compiler suggests in its place. */
  suggestion?: string;
  /** The module's line, as the compiler shows it. */
  source?: string;
  places: Place[];
}
