/**
 * Measures a matrix of four kernels in an engine that has no images: with what a registry on loopback has, beside making all, with
 * their bases. Needs root, Debian's docker.io, docker-registry and mmdebstrap.
 */
import { join } from 'node:path';
import { LoopbackRegistry } from '../containers/loopback-registry.js';
import { OwnDocker, wrapper } from '../containers/own-daemon.js';
import { type Command, cli, directory, type Measurements, seconds } from './measure.js';

const kernels = 'debian-11,debian-12,debian-13,debian-13-backports';
const port = 5078;

export async function measureRegistry(measured: Measurements): Promise<void> {
  const own = new OwnDocker(join(directory, 'own'), '8g');
  const registry = new LoopbackRegistry(join(directory, 'registry'), port);
  try {
    await Promise.all([own.start(), registry.start()]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    const env = wrapper(join(directory, 'bin'), 'docker', '[ "$1" = build ] && set -- build --network host "${@:2}"', own.env);
    const script = (...lines: string[]): Command => [
      'bash',
      '-euc',
      [`export DOCKER_HOST=${env.DOCKER_HOST} PATH=${env.PATH}`, ...lines].join('\n'),
    ];
    const forget = 'docker image ls --all --quiet | xargs --no-run-if-empty docker image rm --force > /dev/null';
    const program = (line: string) =>
      `${process.execPath} ${cli} ${line} --engine docker --cache-dir ${directory}/cache --quiet > /dev/null`;
    const matrix = program(`matrix --sample --kernel ${kernels} --jobs 2 --fresh --out ${directory}/dist`);
    const making = seconds(script(forget, matrix));
    const pushing = seconds(script(program(`image push ${registry.place}`)));
    const warm = seconds(script(matrix));
    const pulling = seconds(script(forget, program(`image pull ${registry.place} --kernel ${kernels}`), matrix));
    console.log(`pushing the images took ${pushing.toFixed(0)} s; the matrix with all images at hand ${warm.toFixed(0)} s`);
    measured.ratio('matrix, 4 kernels and no images: pulling them / making them', [pulling, making], 0.5);
  } finally {
    await Promise.all([own.end(), registry.end()]);
  }
}
