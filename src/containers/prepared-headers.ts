import type { Context } from '../context.js';
import { fileEntry, writeTar } from '../deb/tar.js';
import { fail } from '../errors.js';
import type { HeadersPart } from '../kernels/read-headers.js';
import type { Target } from '../kernels/target.js';
import { projectText } from '../project-files.js';
import { shortDigest } from '../system/digest.js';
import { type RunResult, runProgram } from '../system/run-program.js';
import { sandboxArgs, withContainer } from './container.js';
import { type Engine, failWithLog, lastLine } from './engine.js';
import { findImage, formOf, type Image } from './image.js';
import { removeReplaced } from './image-list.js';
import { type Limits, limitOptions } from './limits.js';

/** The exit status of container/prepare-headers.sh if the headers are at fault (sysexits.h, EX_DATAERR). */
const unfit = 65;
const script = 'prepare-headers.sh';

/**
 * Bash functions. `copy FROM TO` writes a directory as a tar archive that depends on its content alone. Left out is what no module
 * is built against, which a tree in which the kernel was built has plenty of: history, documents, sources and objects. Two
 * objects are linked into modules: crtsavres.o on powerpc, ftrace-mod.o on older arm64.
 */
const copying = `
wanted() {
	find . -name .git -prune -o -path ./Documentation -prune -o -type f \\( -name '*.[acoS]' -o -name '*.ko' -o -name '*.dts' -o -name '*.dtsi' \\
		-o -name vmlinux -o -name '.*.cmd' \\) ! -path './scripts/*' ! -path './tools/*' ! -name crtsavres.o ! -name ftrace-mod.o \\
		-o -print0 | LC_ALL=C sort -z
}
copy() {
	cd "$1" || return
	wanted | tar --null --no-recursion --files-from=- --transform "s,^\\.,$2,S" --mtime=@0 --owner=0 --group=0 --numeric-owner -cf -
}
copy_all() { while [ $# -gt 0 ]; do (copy "$1" "$2") || return; shift 2; done; }`;

/** Puts the headers of a target into an image, used then like installed ones. */
export class HeadersImage {
  readonly #prepared: NonNullable<Target['prepared']>;

  /** @param limits hold but for that of the disk: headers take there what the image takes */
  constructor(
    readonly engine: Engine,
    readonly target: Target,
    readonly limits: Limits & { refresh?: boolean },
    readonly context: Context,
  ) {
    this.#prepared = target.prepared ?? fail({ code: 'internal', detail: `${target.name} has no headers` });
  }

  /**
   * The image, named by the content of the headers and of what it is made with.
   *
   * @param toolsTag the name of the image with the tools, which is needed only where the result is missing
   * @param ensureTools builds that image
   * @throws source-unfit for headers that were not prepared, or not for this image; no-input, engine-failed
   */
  async ensure(toolsTag: string, ensureTools: () => Promise<Image>): Promise<Image> {
    const { release, tree, content, otherCompiler } = this.#prepared;
    if (otherCompiler !== undefined) this.context.warn(`${this.target.name}: ${otherCompiler}`);
    const text = await projectText(`container/${script}`);
    const digest = content.kind === 'packages' ? content.digest : await this.#digestOf(content.parts);
    const tag = `mft-patch/headers:${shortDigest(JSON.stringify([toolsTag, text, release, tree, digest]))}`;
    const image = await findImage(this.engine, tag, this.context);
    if (image !== undefined && !this.limits.refresh) return image;
    const { tag: tools, created } = await ensureTools();
    const made = await withContainer(this.engine, this.context, (container) => this.#make({ container, tools, created, tag, text }));
    if (image) await removeReplaced(this.engine, image.id, this.context);
    return made;
  }

  async #make({ container, tools, created, tag, text }: Making): Promise<Image> {
    const { release, tree, gcc } = this.#prepared;
    const unpack = `tar -x -C / --ignore-zeros --keep-directory-symlink --no-same-owner && exec bash /prepare/${script} "$@"`;
    const args = ['run', '--interactive', '--name', container, ...sandboxArgs, ...limitOptions(this.limits)];
    const command = [...args, tools, 'sh', '-c', unpack, 'sh', release, tree, gcc];
    const report = await this.#expect(await this.#copyInto(command, writeTar([fileEntry(`prepare/${script}`, Buffer.from(text))])));
    const labels = [`LABEL mft-patch.target=${this.target.name} mft-patch.release=${release} mft-patch.created=${created}`];
    // Without it modpost can only warn of what the kernel does not export, and the verdict says so.
    if (/^symbols=no$/m.test(report)) labels.push('ENV KBUILD_MODPOST_WARN=1');
    const commit = ['commit', ...formOf(this.engine), ...labels.flatMap((change) => ['--change', change]), container, tag];
    await this.#expect(await this.engine.run(commit, this.context));
    await this.engine.run(['rm', '--force', container], this.context);
    return (
      (await findImage(this.engine, tag, this.context)) ?? fail({ code: 'engine-failed', detail: `${this.engine.name} has lost ${tag}` })
    );
  }

  /** Starts a container that reads them. @param first an archive that goes before theirs */
  #copyInto(command: string[], first: Buffer): Promise<RunResult> {
    const { content } = this.#prepared;
    const text = `copying ${this.#prepared.places.join(', ')} into an image`;
    this.context.progress({ step: 'image', text });
    const onLine = (detail: string) => this.context.progress({ step: 'image', text, detail });
    if (content.kind === 'packages') {
      return this.engine.run(command, this.context, { input: Buffer.concat([first, writeTar(content.entries)]), onLine });
    }
    const pairs = argumentsOf(content.parts);
    const pipe = `${copying}\ncount=$1; shift; { cat; copy_all "\${@:1:count}"; } | "\${@:count+1}"`;
    return this.#bash(pipe, [String(pairs.length), ...pairs, this.engine.name, ...command], { input: first, onLine });
  }

  async #digestOf(parts: readonly HeadersPart[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#bash(`${copying}\ncopy_all "$@" | sha256sum`, argumentsOf(parts));
    if (exitCode === 0) return stdout.toString().slice(0, 64);
    return fail({ code: 'no-input', path: this.#prepared.places[0] ?? '', detail: lastLine(stderr), hint: 'make all of it readable' });
  }

  #bash(text: string, args: string[], options: { input?: Buffer; onLine?: (line: string) => void } = {}): Promise<RunResult> {
    return runProgram('bash', ['-o', 'pipefail', '-c', text, 'bash', ...args], options, this.context);
  }

  /** @returns what was printed @throws source-unfit, engine-failed */
  async #expect(result: RunResult): Promise<string> {
    const path = this.#prepared.places[0] ?? '';
    if (result.exitCode === unfit) {
      const hint = 'prepare it with make modules_prepare, or pass the kernel with --kernel-source';
      fail({ code: 'source-unfit', path, detail: lastLine(result.stderr), hint });
    }
    const what = `${this.engine.name} cannot make an image of the headers in ${path}`;
    if (result.exitCode !== 0) await failWithLog({ what, log: `image-${this.target.name}` }, result, this.context);
    return result.stdout.toString();
  }
}

interface Making {
  container: string;
  /** The images with the tools, and with the headers. */
  tools: string;
  tag: string;
  /** When the tools' packages were taken from the archive. */
  created: string;
  /** That of the script. */
  text: string;
}

/** Paths in an archive have no slash in front. */
function argumentsOf(parts: readonly HeadersPart[]): string[] {
  return parts.flatMap(({ from, to }) => [from, to.slice(1)]);
}
