/** A machine that may be looked at, and where nothing may be done. */

import type { World } from '../../src/install/world.js';
import { survey } from '../../src/machine/examine.js';
import { type Description, makeMachine } from '../machine/stand-in.js';
import { testContext } from '../support.js';

export function lookingWorld(description: Description): { world: World; root: string } {
  const { machine, root } = makeMachine(description);
  const refuse = (): never => {
    throw new Error('nothing may be done here');
  };
  const look = () => survey(machine, testContext());
  return { world: { uid: machine.uid, log: '/log', run: refuse, look, wait: refuse, tell: refuse, check: () => {}, asRoot: refuse }, root };
}
