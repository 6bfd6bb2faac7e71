/**
 * Measures a matrix of four kernels in an engine that has no images, making them with their bases: beside the same by the program
 * of another checkout, or with what a registry on loopback has. Needs root, Debian's docker.io, docker-registry and mmdebstrap.
 */
import { join } from 'node:path';
import { LoopbackRegistry } from '../containers/loopback-registry.js';
import { OwnDocker, wrapper } from '../containers/own-daemon.js';
import { type Command, cli, directory, type Measurements, seconds, withProgram } from './measure.js';

const kernels = 'debian-11,debian-12,debian-13,debian-13-backports';
const port = 5078;

/** Command lines for an engine of their own. */
interface Lines {
  /** What removes all images. */
  forget: string;
  matrix: string;
  /** What calls the program. */
  program(line: string): string;
  /** A command that runs lines. */
  script(...lines: string[]): Command;
}

async function withOwnDocker(work: (lines: Lines) => Promise<void> | void): Promise<void> {
  const own = new OwnDocker(join(directory, 'own'), '8g');
  try {
    await own.start();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    const env = wrapper(join(directory, 'bin'), 'docker', '[ "$1" = build ] && set -- build --network host "${@:2}"', own.env);
    const program = (line: string) =>
      `${process.execPath} ${cli} ${line} --engine docker --cache-dir ${directory}/cache --quiet > /dev/null`;
    await work({
      program,
      forget: 'docker image prune --all --force > /dev/null',
      matrix: program(`matrix --sample --kernel ${kernels} --jobs 2 --fresh --out ${directory}/dist`),
      script: (...lines) => ['bash', '-euc', [`export DOCKER_HOST=${env.DOCKER_HOST} PATH=${env.PATH}`, ...lines].join('\n')],
    });
  } finally {
    await own.end();
  }
}

/** Beside the same matrix by the program of the other checkout, in turn; what is kept is the least of two runs. */
export function measureCold(measured: Measurements): Promise<void> {
  const { before } = measured;
  if (before === undefined) throw new Error('cold: name the other checkout with --before DIR');
  return withOwnDocker(({ script, forget, matrix }) => {
    const ours = script(forget, matrix);
    const runs = [0, 1].map(() => [seconds(ours), seconds(withProgram(ours, before))] as const);
    const least = (index: 0 | 1) => Math.min(...runs.map((times) => times[index]));
    measured.ratio('matrix, 4 kernels and no images / the same before', [least(0), least(1)], 0.5);
  });
}

export function measureRegistry(measured: Measurements): Promise<void> {
  return withOwnDocker(async ({ script, forget, matrix, program }) => {
    const registry = new LoopbackRegistry(join(directory, 'registry'), port);
    try {
      await registry.start();
      const making = seconds(script(forget, matrix));
      const pushing = seconds(script(program(`image push ${registry.place}`)));
      const warm = seconds(script(matrix));
      const pulling = seconds(script(forget, program(`image pull ${registry.place} --kernel ${kernels}`), matrix));
      console.log(`pushing the images took ${pushing.toFixed(0)} s; the matrix with all images at hand ${warm.toFixed(0)} s`);
      measured.ratio('matrix, 4 kernels and no images: pulling them / making them', [pulling, making], 0.5);
    } finally {
      await registry.end();
    }
  });
}
