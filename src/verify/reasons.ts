/** What other programs' logs name as the reason of a failure: the lines that do, each once and without blanks around it. */
import type { Limits } from '../containers/limits.js';
import type { Target } from '../kernels/target.js';
import { type Facts, factOf } from './facts.js';

/** The most lines that are taken of one log. */
const most = 3;

/** The lines of a make.log in which compiler, make or modpost name an error. */
export function compilerErrors(log: string): string[] {
  const error = /\berror:|^ERROR: |: No such file or directory|No rule to make target/;
  // The Makefile of the vendor's flat sources prints it in builds that succeed, too.
  const harmless = /\bSyntax error: Unterminated quoted string/;
  return linesOf(log, (line) => error.test(line) && !harmless.test(line));
}

/** The lines in which dkms says why it does not build or install: `Error! …`, and what it adds on the next. */
export function dkmsErrors(log: string): string[] {
  return linesOf(log.replace(/^(Error! .*)\n(?! |$)(.*)$/gm, '$1 $2'), (line) => /^(Error! |dkms\.conf: Error)/.test(line));
}

/** The lines in which dpkg or apt say why they do not install a package; that errors were encountered only follows. */
export function packageErrors(log: string): string[] {
  return linesOf(log, (line) => {
    if (/^(dpkg|dpkg-deb|tar): /.test(line)) return !/^dpkg: (error processing|warning)/.test(line);
    return /^E: /.test(line) && !/^E: Sub-process /.test(line);
  });
}

/** What apt or dpkg miss for the package: `Depends: x`, or that it is for another architecture. */
export function lackingPackages(log: string): string[] {
  const lack =
    /(Depends: .*(?:not installable|not going to be installed|not installed|is to be installed))|package architecture \(.*|has no installation candidate/;
  return linesOf(log, (line) => lack.test(line)).map((line) => line.replace(/^\S+ : /, ''));
}

function linesOf(log: string, isWanted: (line: string) => boolean): string[] {
  return [...new Set(log.split('\n').map((line) => line.trim()))].filter(isWanted).slice(0, most);
}

/** What the machine lacked, or we did not give. A failure for the lack of it says nothing about the package. */
export function exhaustedResource(facts: Facts, { memory, processes }: Limits): string | undefined {
  const killed = facts.get('oom')?.trim();
  const limit = memory === '0' ? '' : ` (limit ${memory}, see --memory)`;
  if (Number(killed) > 0) return `out of memory: ${killed} processes were OOM-killed${limit}`;
  if (Number(facts.get('refused-forks')) > 0) return `process limit reached (${processes}, see --processes)`;
  if (/No space left on device/.test(`${facts.get('install.log')}\n${facts.get('make.log')}`))
    return "no space left on the container's disk";
  return undefined;
}

/** What the package needs and the image does not have: that is not a verdict on the package. */
export function missingInImage(facts: Facts, { name }: Pick<Target, 'name'>): string | undefined {
  const lack = lackingPackages(factOf(facts, 'install.log'));
  return lack.length === 0 ? undefined : `the image of ${name} does not have what the package needs: ${lack.join('; ')}`;
}
