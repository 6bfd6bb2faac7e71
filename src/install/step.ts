/** A step of the way: what is done, how it is seen that it was, and what undoes it. */
import type { InstallStep } from '../documents/index.js';
import type { Survey } from '../machine/examine.js';

/** What a step needs beyond a shell. */
export interface Command {
  /** As a shell takes it, without sudo. */
  line: string;
  /** It asks for something at the terminal. */
  asks?: true;
  /** Its exit code says nothing: the check after it does. */
  mayFail?: true;
}

export interface Step {
  id: InstallStep['id'];
  /** What it does, in words. */
  title: string;
  commands: Command[];
  /** It changes the machine, and needs the rights of root; `build` alone does not. */
  root: boolean;
  /** What is looked at afterwards, in words, */
  checks: string;
  /** and in code: what is wrong; undefined if it is as it should be. */
  wrong: (facts: Survey) => string | undefined;
  /** What undoes it, as a shell takes it. */
  undo?: string;
}

/** The packages that are installed: their paths, as a shell takes them. Before they are built the names are patterns. */
export interface PackagePaths {
  modules: string;
  /** The vendor's tools; undefined where the source has none. */
  tools?: string;
}
