/** The command `image` with docker, as tests run it. */
import { join } from 'node:path';
import { makeDirectory, runCli } from '../support.js';

const cache = join(makeDirectory(), 'cache');
/** What a command of the program is run with. */
export const common = ['--engine', 'docker', '--cache-dir', cache, '--json'];

interface Run {
  status: number | null;
  stderr: string;
  /** Of what the command has told. */
  images: { image: string; target: string; release: string; size: string }[];
}

export async function image(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<Run> {
  const { status, stdout, stderr } = await runCli(['image', ...args, ...common], { env });
  return { status, stderr, images: JSON.parse(stdout).images ?? [] };
}
