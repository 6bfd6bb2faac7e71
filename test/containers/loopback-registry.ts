/** Debian's docker-registry on loopback, which the engines take without TLS. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Why there can be none; empty if there can. */
export function missingRegistry(): string {
  return spawnSync('which', ['docker-registry']).status === 0 ? '' : 'docker-registry is not installed';
}

export class LoopbackRegistry {
  readonly place: string;
  #server: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly port: number,
  ) {
    this.place = `127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    mkdirSync(join(this.folder, 'data'), { recursive: true });
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(this.folder, 'data') }, delete: { enabled: true } },
      http: { addr: this.place },
    };
    // JSON is YAML.
    writeFileSync(join(this.folder, 'config.yml'), JSON.stringify(config));
    const log = openSync(join(this.folder, 'log'), 'a');
    this.#server = spawn('docker-registry', ['serve', join(this.folder, 'config.yml')], { stdio: ['ignore', log, log] });
    for (let tries = 0; tries < 300; tries++) {
      const answer = await fetch(`http://${this.place}/v2/`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.#server.exitCode !== null) break;
      await setTimeout(100);
    }
    throw new Error(`docker-registry does not answer: ${readFileSync(join(this.folder, 'log'), 'utf8').slice(-1000)}`);
  }

  /** The names of what it has, with their tags. */
  async names(): Promise<string[]> {
    const json = async (path: string) => (await fetch(`http://${this.place}/v2/${path}`)).json();
    const { repositories = [] } = (await json('_catalog')) as { repositories?: string[] };
    const tags = await Promise.all(repositories.map(async (name) => ((await json(`${name}/tags/list`)) as { tags: string[] | null }).tags));
    return repositories.flatMap((name, index) => (tags[index] ?? []).map((tag) => `${name}:${tag}`)).sort();
  }

  async end(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.on('exit', resolve));
    server.kill();
    await ended;
  }
}
