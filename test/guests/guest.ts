/** A whole system in QEMU, without KVM, that runs what a test hands in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeDirectory, sh } from '../support.js';
import { guestDisk, newestKernel, type Suite } from './disk.js';
import { secureBootArguments } from './secure-boot.js';

export interface GuestOptions {
  suite: Suite;
  /** Files that the guest finds in /in, by name: paths of this machine. */
  files: Record<string, string>;
  /** Booted by UEFI, shim and GRUB, as Secure Boot demands it; else by QEMU, without UEFI. */
  secureBoot?: boolean;
  /** More of the kernel's command line. */
  kernelArguments?: string;
}

/** What is shown before Linux has started, and the keys that answer it. */
export interface Answer {
  shown: string;
  keys: string;
}

/** What a script came to. */
export interface Ran {
  exit: number;
  output: string;
}

/** Emulation is slow: what only measures time must not raise an alarm, and nobody attacks the guest's processor. */
const commandLine = 'root=/dev/vda rw console=ttyS0 panic=-1 nowatchdog rcupdate.rcu_cpu_stall_suppress=1 mitigations=off';

/** How long a boot may take, and a script, in seconds: without KVM, beside other work. */
const [bootLimit, scriptLimit] = [600, 2400];

export class Guest {
  readonly #folder = makeDirectory();
  #qemu: ChildProcess | undefined;
  #port: Socket | undefined;
  #said = '';
  /** Of the console, since the last answer. */
  #shown = '';

  /** A guest with a disk of its own; it is not booted yet. */
  constructor(readonly options: GuestOptions) {
    sh(`cp --sparse=always '${guestDisk(options.suite)}' disk && mkdir in`, { cwd: this.#folder });
    for (const [name, path] of Object.entries(options.files)) sh(`cp -r '${path}' in/${name}`, { cwd: this.#folder });
    sh('tar -C in -cf in.tar . && rm -r in', { cwd: this.#folder });
  }

  /** What the kernel and systemd said. */
  get console(): string {
    return join(this.#folder, 'console');
  }

  /** Boots the newest kernel of the disk. @returns its release */
  async boot(): Promise<string> {
    const release = this.#start();
    await this.#connect();
    await this.#until(/<<ready>>\n/, bootLimit);
    await this.run('mkdir -p /in && tar -x -C /in -f /dev/vdb');
    return release;
  }

  /** Answers the menus of the firmware, of which the last restarts the machine. */
  async answer(menus: Answer[]): Promise<void> {
    this.#start();
    const ended = new Promise((resolve) => this.#qemu?.once('exit', resolve));
    for (const { shown, keys } of menus) {
      this.#shown = '';
      await this.#waitFor(() => this.#shown.includes(shown), shown, bootLimit);
      // The menu is drawn line by line, and takes keys when it is whole.
      await setTimeout(2000);
      this.#qemu?.stdin?.write(keys);
    }
    await ended;
  }

  #start(): string {
    const release = newestKernel(join(this.#folder, 'disk'), this.#folder);
    const words = `${commandLine} ${this.options.kernelArguments ?? ''}`.trim();
    const args = [
      ...['-accel', 'tcg,thread=multi', '-M', 'q35', '-cpu', 'max', '-m', '2048', '-smp', '2', '-nodefaults', '-no-user-config'],
      ...['-display', 'none', '-no-reboot', '-serial', 'stdio', '-device', 'edu'],
      ...['-drive', 'if=virtio,format=raw,cache=unsafe,file=disk', '-drive', 'if=virtio,format=raw,readonly=on,file=in.tar'],
      ...['-device', 'virtio-serial', '-chardev', 'socket,id=test,path=port,server=on,wait=off'],
      ...['-device', 'virtserialport,chardev=test,name=test'],
      ...(this.options.secureBoot
        ? secureBootArguments(this.#folder, words)
        : ['-kernel', 'vmlinuz', '-initrd', 'initrd.img', '-append', words]),
    ];
    this.#qemu = spawn('nice', ['qemu-system-x86_64', ...args], { cwd: this.#folder, stdio: 'pipe' });
    const note = (bytes: Buffer) => {
      appendFileSync(this.console, bytes);
      this.#shown += bytes;
    };
    this.#qemu.stdout?.on('data', note);
    this.#qemu.stderr?.on('data', note);
    return release;
  }

  /** Runs a script of bash as root, to its end. @throws if it takes too long */
  async run(script: string): Promise<Ran> {
    this.#said = '';
    this.#port?.write(`${Buffer.from(script).toString('base64')}\n`);
    const [output = '', exit] = (await this.#until(/<<exit \d+>>\n/, scriptLimit)).split(/<<exit (\d+)>>\n/);
    return { exit: Number(exit), output };
  }

  /** The same; what it prints. @throws unless it exits 0 */
  async sh(script: string): Promise<string> {
    const { exit, output } = await this.run(`set -euo pipefail\n${script}`);
    if (exit !== 0) throw new Error(`${script}: exit ${exit}: ${output}`);
    return output;
  }

  /** Shuts it down as its power button does. */
  async powerOff(): Promise<void> {
    const qemu = this.#qemu;
    if (!qemu || qemu.exitCode !== null) return;
    const ended = new Promise((resolve) => qemu.on('exit', resolve));
    this.#port?.write(`${Buffer.from('systemctl poweroff').toString('base64')}\n`);
    const late = setTimeout(180_000, 'late', { ref: false });
    if ((await Promise.race([ended, late])) === 'late') qemu.kill('SIGKILL');
    this.#port?.destroy();
  }

  /** Shuts it down and boots what is the newest kernel then. @returns its release */
  async reboot(): Promise<string> {
    await this.powerOff();
    return this.boot();
  }

  async #connect(): Promise<void> {
    const path = join(this.#folder, 'port');
    for (let tries = 0; ; tries++) {
      try {
        await new Promise<void>((resolve, reject) => {
          const port = connect(path);
          port.once('connect', () => {
            this.#port = port;
            resolve();
          });
          port.once('error', reject);
        });
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await setTimeout(100);
      }
    }
    this.#said = '';
    this.#port?.on('data', (bytes) => {
      appendFileSync(join(this.#folder, 'said'), bytes);
      this.#said += bytes;
    });
  }

  /** Waits until the guest has said it. @returns all that it said */
  async #until(words: RegExp, seconds: number): Promise<string> {
    await this.#waitFor(() => words.test(this.#said), String(words), seconds);
    return this.#said;
  }

  async #waitFor(isThere: () => boolean, what: string, seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    const told = () => `${this.#said.slice(-2000)}${sh(`tail -n 20 '${this.console}'`)}`;
    while (!isThere()) {
      if (this.#qemu?.exitCode !== null) throw new Error(`the guest ended before ${what}: ${told()}`);
      if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s: ${told()}`);
      await setTimeout(100);
    }
  }
}
