/** What to type when all is done. Pure. */
import type { Cure } from '../documents/index.js';
import { asRoot } from '../machine/cures.js';
import type { Survey } from '../machine/examine.js';
import { present } from '../machine/packages.js';
import { blueScreen, isKeyInTheWay } from './key.js';

/** Whether what is left comes after the next boot. */
export function needsReboot(facts: Survey): boolean {
  return !facts.kernels.running.hasModules || (isKeyInTheWay(facts) && facts.key.state === 'pending');
}

/** The first steps with the tools, for the devices that are there. */
export function nextSteps(facts: Survey): Cure[] {
  if (needsReboot(facts))
    return [
      asRoot('reboot', isKeyInTheWay(facts) ? blueScreen : 'into the kernel that the modules are built for'),
      asRoot('mft-patch install', 'after the reboot: does what is left'),
    ];
  if (present(facts.packages, 'mft') === undefined || facts.loaded.modules.length === 0) return [];
  // Of a card with several ports the further functions have a dot in their names.
  const devices = facts.loaded.devices.filter((name) => /_pciconf\d+$/.test(name)).map((name) => `/dev/mst/${name}`);
  const [first] = devices;
  return [
    asRoot('mst status -v'),
    ...devices.map((device) => asRoot(`mlxconfig -d ${device} query`)),
    ...(first === undefined
      ? []
      : [asRoot(`mlxconfig -d ${first} set LINK_TYPE_P1=2`, 'makes port 1 Ethernet, where the card can be both; then reboot')]),
  ];
}
