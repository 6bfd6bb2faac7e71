/** docs/guide.md, typed from top to bottom by the user of a guest. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectRoot } from '../support.js';
import { bundlePath, type CardMachine, goodAnswers, nothing } from './card-machine.js';

/** A command of the guide, and what it comes to. */
interface Line {
  command: string;
  exit: number;
  says?: RegExp;
  /** What holds then. */
  after?: (machine: CardMachine) => Promise<void>;
}

const answer = async (machine: CardMachine) => expect(await machine.answers()).toEqual(goodAnswers);
const isClean = async (machine: CardMachine) => expect(await machine.state()).toEqual(nothing);

/** In the order of the guide. A guest has no card and no network, but a bundle; Debian names of its headers are the running kernel's. */
const lines: Line[] = [
  { command: 'lspci -nn -d 15b3:', exit: 0 },
  { command: 'mft-patch build --sample', exit: 0, says: /Wrote dist\/kernel-mft-dkms_/ },
  { command: 'mft-patch build --mft 4.20.1-14 --with-userland', exit: 0, says: /dist\/mft_4/ },
  { command: 'mft-patch plan --sample --kernel 6.1', exit: 0, says: /dma-unmap +applied/ },
  { command: 'mft-patch install --dry-run', exit: 0, says: /^.*Nothing was done/m },
  { command: 'mft-patch install', exit: 0, says: /Done\./, after: answer },
  { command: 'mft-patch uninstall --dry-run', exit: 0, says: /Nothing was done/ },
  { command: 'mft-patch uninstall', exit: 0, says: /Done\./, after: isClean },
  { command: 'sudo apt install linux-headers-$(uname -r)', exit: 0 },
  { command: 'sudo apt install ./dist/kernel-mft-dkms_4.20.1*.deb ./dist/mft_4.20.1*.deb', exit: 0, says: /Setting up mft/ },
  { command: 'sudo mst start', exit: 0, says: /Success/, after: answer },
  { command: 'sudo mst status', exit: 0, says: /mst_pciconf/ },
  { command: 'sudo mst stop', exit: 0 },
  { command: 'sudo apt purge kernel-mft-dkms mft', exit: 0, after: isClean },
  { command: 'mft-patch releases', exit: 0, says: /4\.22\.1/ },
  // From the vendor's server, which is out of reach.
  { command: 'mft-patch build --mft 4.22.1-526 --with-userland', exit: 3, says: /cannot download/ },
];

/** They need a card, Debian's archive, a container engine or the next boot; the last is typed under Secure Boot. */
const elsewhere = [/mstflint|mstconfig|mlxconfig/, /^ip /, /^sudo reboot$/, /^mft-patch matrix /, /^sudo mokutil /];

/** All commands of the guide are typed, or are of those that cannot be. */
export function expectWhole(): void {
  const blocks = readFileSync(join(projectRoot, 'docs/guide.md'), 'utf8')
    .split(/^```.*$/m)
    .filter((_, index) => index % 2 === 1);
  const commands = blocks.flatMap((block) =>
    [...block.matchAll(/^(?:\$ )?((?:sudo|mft-patch|lspci|ip) .*)$/gm)].map(([, line = '']) => line),
  );
  const typed = new Set(lines.map(({ command }) => command));
  const left = commands.filter((command) => !typed.has(command) && !elsewhere.some((form) => form.test(command)));
  expect({ left, gone: [...typed].filter((command) => !commands.includes(command)) }).toEqual({ left: [], gone: [] });
}

/** The bundle stands for the release of the examples; nobody answers apt here, and no card is found, so the source is named. */
function inGuest(command: string): string {
  return command
    .replace('--mft 4.20.1-14', bundlePath('flat'))
    .replaceAll('4.20.1', '4.15.1')
    .replace(/^mft-patch install/, `$& ${bundlePath('flat')}`)
    .replace(/^(mft-patch (un)?install(?!.*--dry-run).*|sudo apt .*)$/, '$1 -y')
    .replace(/^(mft-patch .*) -y$/, '$1 --yes');
}

/** Types them. Doctor finds nothing but the card when install is done. */
export async function followGuide(machine: CardMachine): Promise<void> {
  for (const { command, exit, says = /(?:)/, after } of lines) {
    const ran = await machine.type(inGuest(command));
    expect({ command, exit: ran.exit }, ran.output).toEqual({ command, exit });
    expect(ran.output).toMatch(says);
    await after?.(machine);
  }
}
