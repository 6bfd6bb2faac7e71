/** What a hostile package reaches for on the host, and how the host is told to be as before. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { projectRoot, sh } from '../support.js';
import { altered } from './own-docker.js';

const script = readFileSync(join(projectRoot, 'test/verify/hostile.sh'), 'utf8');
/** A loopback address that nobody else serves names on. */
const nameserver = '127.0.7.7';

/** The words that run modes of hostile.sh, one after the other. */
export function hostileScript(...modes: string[]): string {
  return modes.map((mode) => `(set -- ${mode}\n${script}) || exit 1\n`).join('');
}

/** A package whose postinst runs modes of hostile.sh before it does its work, and whose dkms.conf writes to where our report goes. */
export function hostilePackage(deb: string, name: string, ...modes: string[]): string {
  const start = join(dirname(deb), `${name}.postinst`);
  writeFileSync(start, `#!/bin/bash\n${hostileScript(...modes)}`);
  const forge = "echo 'echo forged 2> /dev/null >&3' >> dkms.conf";
  return altered(deb, name, `cat ${start} $conf/postinst > postinst; cat postinst > $conf/postinst; rm postinst; ${forge}`);
}

/** Listeners on this machine's loopback and bridge, a name server, a secret, a process: all to be found by nobody. */
export class Bait {
  readonly marker = `mft-patch-bait-${process.pid}`;
  /** Of docker's bridge, which os.networkInterfaces() leaves out while no container is on it. */
  readonly bridge =
    /inet ([\d.]+)/.exec(spawnSync('ip', ['-4', 'addr', 'show', 'docker0'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? '127.0.0.1';
  readonly secret: string;
  /** Who has come, by where. */
  readonly visits: string[] = [];
  readonly #servers: Server[] = [];
  readonly #names = createSocket('udp4', () => this.visits.push('name server'));
  readonly #process: ChildProcess;
  #port = 0;

  constructor(readonly folder: string) {
    this.secret = join(folder, 'secret');
    writeFileSync(this.secret, this.marker);
    this.#process = spawn('sleep', ['900'], { argv0: this.marker, stdio: 'ignore' });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#names.bind(53, nameserver, resolve));
    this.#port = await this.#listen('loopback', { host: '127.0.0.1', port: 0 });
    if (this.bridge !== '127.0.0.1') await this.#listen('bridge', { host: this.bridge, port: this.#port });
    await this.#listen('abstract', { path: `\0${this.marker}` });
  }

  async #listen(name: string, where: { host: string; port: number } | { path: string }): Promise<number> {
    const server = createServer((socket) => {
      this.visits.push(name);
      socket.destroy();
    });
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => server.on('error', reject).listen(where, resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The mode of hostile.sh that reaches for all of it. @param swappiness the value that it writes to vm.swappiness */
  look(swappiness: string): string {
    const disk = this.#lsblk('MAJ:MIN').split(':');
    const places = [this.bridge, this.#port, nameserver, this.marker, this.secret, this.folder, this.marker, swappiness, ...disk];
    return ['look', '127.0.0.1', ...places].join(' ');
  }

  /** Whether this machine itself may read its disk. */
  isDiskReadable(): boolean {
    return spawnSync('head', ['-c', '1', this.#lsblk('PATH')]).status === 0;
  }

  /** What lsblk(8) says of the last disk that is none of RAM, floppy, loop or CD. */
  #lsblk(column: string): string {
    return sh(`lsblk --noheadings --nodeps --output ${column} --exclude 1,2,7,11 | tail -n 1`).trim();
  }

  end(): void {
    this.#process.kill();
    this.#names.close();
    for (const server of this.#servers) server.close();
  }
}

/** What of the host must be the same after a verification. @param marker in the command lines of processes that a package leaves */
export function hostState(folder: string, marker: string): Record<string, string> {
  return {
    folder: sh(`ls -lR --time-style=full-iso ${folder}`),
    processes: readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(marker))
      .join(),
    swappiness: readFileSync('/proc/sys/vm/swappiness', 'utf8').trim(),
    nameservers: readFileSync('/etc/resolv.conf', 'utf8'),
  };
}

function commandLine(process: string): string {
  try {
    return readFileSync(`/proc/${process}/cmdline`, 'latin1');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
