/** A container engine for this user: there, running, and permitted are three things. */
import { findEngine } from '../containers/engine.js';
import type { Context } from '../context.js';
import type { Check } from '../documents/index.js';
import { MftPatchError } from '../errors.js';
import { asRoot, asUser, checked } from './cures.js';
import type { Machine } from './machine.js';

export type EngineFacts =
  | { name: string; version: string }
  | {
      /** The words of each. */
      tried: { engine: string; detail: string }[];
      /** Whether /etc/group has this user in docker: then only the session is older than that. */
      isMember: boolean;
    };

/** How long the daemon may take to answer, in seconds. */
const patience = 15;

export async function readEngine(machine: Machine, context: Context): Promise<EngineFacts> {
  const program: Parameters<typeof findEngine>[2] = async (name, args) => {
    const answer = await machine.run(name, ...args);
    return { ...answer, stdout: Buffer.from(answer.stdout), isCut: false };
  };
  try {
    const { name, version } = await findEngine({ timeout: patience }, context, program);
    return { name, version };
  } catch (error) {
    if (!(error instanceof MftPatchError) || error.failure.code !== 'no-engine') throw error;
    const user = (await machine.run('id', '-un')).stdout.trim();
    const members = /^docker:[^:]*:\d*:(.*)$/m.exec((await machine.text('/etc/group')) ?? '')?.[1]?.split(',') ?? [];
    return { tried: error.failure.tried, isMember: members.includes(user) };
  }
}

/** Without one packages are built and not verified: good to know, and no fault. */
export function judgeEngine(facts: EngineFacts): Check {
  if ('name' in facts) return checked('engine', 'ok', `${facts.name} ${facts.version}`);
  const note = (text: string, ...cures: Check['cures']) => checked('engine', 'note', text, cures);
  const { tried, isMember } = facts;
  const denied = tried.find(({ detail }) => /permission denied/i.test(detail));
  if (denied && isMember)
    return note(`${denied.engine}: this session began before you came into the group docker`, asUser('newgrp docker', 'or log in again'));
  if (denied)
    return note(`${denied.engine} is there; you are not in the group docker`, asRoot('usermod -aG docker "$USER"', 'then log in again'));
  const there = tried.find(({ detail }) => detail !== 'not installed');
  if (there?.engine === 'docker' && /cannot connect|is the docker daemon running|failed to connect/i.test(there.detail))
    return note('docker is installed; its daemon does not run', asRoot('systemctl enable --now docker'));
  if (there) return note(`${there.engine}: ${there.detail.slice(0, 60)}`, asUser(`${there.engine} info`, 'shows all of it'));
  return note('neither docker nor podman: packages are built, and not verified', asRoot('apt install docker.io'));
}
