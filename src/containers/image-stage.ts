/** What the tools that make an image print, and what it means for somebody who waits. */

/** The steps of apt-get(8), by how their lines begin, and the name of the package in them. */
const apt: [RegExp, string][] = [
  [/^Unpacking ([\w.+-]+)/, 'unpacking'],
  [/^Setting up ([\w.+-]+)/, 'setting up'],
];
/** `Step 3/9 : RUN …` of docker's classic builder, `STEP 3/9: RUN …` of podman, `#7 [3/9] RUN …` of BuildKit. */
const stepLine = /^(?:Step|STEP) (\d+)\/(\d+) ?:|^#\d+ \[(?:\S+ )?(\d+)\/(\d+)\]/;
/** mmdebstrap(1) and its kin inform like this. */
const inform = /^I: (.*)/;

/** Follows the making of one image, line by line. */
export class ImageStage {
  /** The stage of the builder, of apt or mmdebstrap. */
  #stage = '';
  /** How many packages apt said that it installs, and which ones each of its steps has had. */
  #packages = 0;
  readonly #had = new Map<string, Set<string>>();

  /** @returns the stage at this line, in words */
  read(text: string): string {
    // BuildKit begins each line with the step and the time.
    const line = text.replace(/^#\d+ \d+\.\d+ /, '').trim();
    const counted = Number(/^\d+ upgraded, (\d+) newly installed/.exec(line)?.[1] ?? 0);
    if (counted > 0) this.#packages = counted;
    this.#stage = this.#stageOf(line) ?? this.#stage;
    return this.#stage === '' ? line : this.#stage;
  }

  #stageOf(line: string): string | undefined {
    const [, ...numbers] = stepLine.exec(line) ?? [];
    const [step, steps] = numbers.filter((number) => number !== undefined);
    if (step !== undefined) return `step ${step} of ${steps}`;
    const informed = inform.exec(line)?.[1];
    if (informed !== undefined) return informed.replace(/\.\.\.$/, '');
    const download = /^Need to get (\S+ \S+) /.exec(line)?.[1];
    if (download !== undefined) return `downloading ${this.#packages} packages, ${download}`;
    if (/^(Get|Hit):\d+ \S+ \S+ InRelease/.test(line)) return 'reading the package lists';
    for (const [words, what] of apt) {
      const name = words.exec(line)?.[1];
      if (name !== undefined) return this.#packageStage(what, name);
    }
    return undefined;
  }

  #packageStage(what: string, name: string): string {
    const had = this.#had.get(what) ?? new Set();
    this.#had.set(what, had.add(name));
    return `${what} ${name}${this.#packages === 0 || had.size > this.#packages ? '' : ` (${had.size} of ${this.#packages})`}`;
  }
}
