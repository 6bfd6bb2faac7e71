/** A docker daemon of one's own, and wrappers of the real docker; without a test runner, so that the bench takes it, too. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Runs a bash script. @returns its output @throws Error if it fails */
function sh(script: string, env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync('bash', ['-euo', 'pipefail', '-c', script], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * A daemon with its data on a disk of its own, in memory; both last until end(). Its containers have no network
 * but the host's: a second daemon would spoil the first one's bridge and packet filter.
 */
export class OwnDocker {
  readonly env: NodeJS.ProcessEnv;
  #daemon: ChildProcess | undefined;

  /** @param size of the disk, as mount(8) takes it for tmpfs */
  constructor(
    readonly folder: string,
    size: string,
  ) {
    mkdirSync(folder, { recursive: true });
    sh(`mount -t tmpfs -o size=${size} own-docker ${folder}`);
    this.env = { ...process.env, DOCKER_HOST: `unix://${join(folder, 'd.sock')}` };
  }

  async start(): Promise<void> {
    const place = (name: string) => join(this.folder, name);
    const log = openSync(place('log'), 'a');
    const paths = [
      '--host',
      this.env.DOCKER_HOST ?? '',
      '--data-root',
      place('root'),
      '--exec-root',
      place('exec'),
      '--pidfile',
      place('pid'),
    ];
    // With `--bridge none` it would remove the other daemon's bridge (docker0); so it shares that, with addresses of its own.
    const networkArgs = [
      '--bridge',
      'docker0',
      '--fixed-cidr',
      '172.17.128.0/17',
      '--iptables=false',
      '--ip-forward=false',
      '--ip-masq=false',
    ];
    this.#daemon = spawn('dockerd', [...paths, ...networkArgs], { stdio: ['ignore', log, log] });
    for (let tries = 0; tries < 300 && spawnSync('docker', ['version'], { env: this.env }).status !== 0; tries++) await setTimeout(100);
    this.docker('version');
  }

  /** Kills the daemon so that it can do nothing any more; its containers go on until one starts again. */
  async kill(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined) return;
    const ended = new Promise((resolve) => daemon.on('exit', resolve));
    daemon.kill('SIGKILL');
    await ended;
    // Its containerd has died with it. Where nobody has asked for its exit code, a new daemon takes it for alive.
    rmSync(join(this.folder, 'exec/containerd/containerd.pid'), { force: true });
  }

  /** `docker ARGS`, as a shell reads them. */
  docker(args: string): string {
    return sh(`docker ${args}`, this.env).trim();
  }

  /** Makes the disk larger or smaller: `spare` MB more than what is on it. */
  leave(spare: number): void {
    const used = sh(`df --output=used --block-size=1M ${this.folder} | tail -n 1`).trim();
    // Docker has mounted it once more upon its own data.
    sh(`mount -o remount,size=${Number(used) + spare}m ${this.folder}`);
  }

  /** Brings an image of the shared daemon here. */
  bring(image: string): void {
    sh(`docker save ${image} | DOCKER_HOST=${this.env.DOCKER_HOST} docker load`);
  }

  /** Ends it, and the disk goes. */
  async end(): Promise<void> {
    // One that was killed has left containers and its containerd, which a new one takes over and ends.
    if (this.#daemon === undefined) await this.start();
    spawnSync('bash', ['-c', 'docker ps --all --quiet | xargs --no-run-if-empty docker rm --force'], { env: this.env });
    const daemon = this.#daemon;
    const ended = new Promise((resolve) => daemon?.on('exit', resolve));
    daemon?.kill();
    await ended;
    sh(`umount --recursive --lazy ${this.folder}`);
  }
}

/**
 * A folder for PATH with a script in the place of a program, which does something before it goes on as the real one.
 *
 * @param script bash; `$real` is the real program, "$@" its arguments
 */
export function wrapper(folder: string, program: string, script: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  mkdirSync(folder, { recursive: true });
  const real = sh(`command -v ${program}`).trim();
  writeFileSync(join(folder, program), `#!/bin/bash\nreal=${real}\n${script}\nexec "$real" "$@"\n`);
  chmodSync(join(folder, program), 0o755);
  return { ...env, PATH: `${folder}:${env.PATH}` };
}
