/** The whole way to loaded modules, on the machine that it runs on. */
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Source } from '../bundle/vendor-package.js';
import type { Context } from '../context.js';
import { defaultPackage } from '../default-package.js';
import type { BuildDocument, InstallDocument } from '../documents/index.js';
import { fail, failInput } from '../errors.js';
import { agreed, type Confirm } from '../install/agreed.js';
import { askedByUser, nothingBody, plannedBody, ranBody, refusedBody } from '../install/document.js';
import { isOfWrongRelease, releaseToInstall } from '../install/judged.js';
import { isKeyHidden } from '../install/key.js';
import { planInstall, type Wish } from '../install/plan.js';
import { refusalOf } from '../install/refusal.js';
import { runSteps } from '../install/run-steps.js';
import type { PackagePaths, Step } from '../install/step.js';
import { openWorld, type World } from '../install/world.js';
import type { Survey } from '../machine/examine.js';
import { shellWord } from '../shell-word.js';

export interface InstallRequest {
  /** What the user has named; undefined for the release that the machine needs. */
  source: Source | undefined;
  /** How the source is typed, each word quoted. */
  typed: readonly string[];
  /** A directory with packages that `build --with-userland` has written. */
  built: string | undefined;
  /** Where a release comes from. @throws usage, if the machine's architecture has none */
  releaseSource: (release: string) => Promise<Source>;
  verify: 'if-possible' | 'no';
  /** Builds into a directory. */
  build: (source: Source, how: { out: string; verify: 'if-possible' | 'no' }) => Promise<BuildDocument>;
  /** General options, as root is told them, too. */
  general: readonly string[];
  dryRun: boolean;
  yes: boolean;
  /** Shows a document and asks; undefined where nobody can be asked. */
  confirm: Confirm<InstallDocument> | undefined;
}

const schema = 'mft-patch/install@1';

/** @throws usage for a system without dpkg, or if nobody can be asked; then as build, and not-permitted */
export async function install(request: InstallRequest, context: Context, world: World = openWorld(context)): Promise<InstallDocument> {
  const { source, built } = request;
  const facts = await world.look();
  const isNamed = source !== undefined || built !== undefined;
  const refusal = refusalOf(facts, isNamed);
  const release = isNamed ? undefined : releaseToInstall(facts);
  const head = { facts, uid: world.uid, release };
  if (refusal) return { schema, ...refusedBody(head, refusal) };
  const out = join(context.cacheDir, 'install');
  const wish = await wishOf(request, { facts, out, release });
  const steps = planInstall(facts, wish);
  if (steps.length === 0) return { schema, ...nothingBody(head, false) };
  const plan: InstallDocument = { schema, ...plannedBody(head, steps) };
  if (request.dryRun) return plan;
  await agreed(plan, request);
  const begin = ['install', ...request.general, ...answered(request, facts)];
  const asRoot = async (args: string[]) => {
    // It ends what is shown as in progress: the terminal is root's now, which may ask for a password there.
    world.tell('root does the rest');
    return askedByUser((await world.asRoot([...begin, ...args])) as InstallDocument);
  };
  const finish = async (todo: Step[]): Promise<InstallDocument> => {
    return { schema, ...ranBody(head, await runSteps(todo, facts, world), { log: world.log, isBack: false }) };
  };
  if (steps[0]?.id !== 'build') return world.uid === 0 ? finish(steps) : asRoot(built === undefined ? [] : ['--built', resolve(built)]);
  const document = await buildPackages(request, { out, release }, world);
  if (document.verification.status === 'failed') return unverified(plan, document);
  if (world.uid !== 0) return withBuild(plan, await asRoot(['--built', resolve(out)]));
  const rest = planInstall(facts, { ...wish, ...fromPackages(facts, await packagesIn(out)) });
  return withBuild(plan, rest.length === 0 ? { schema, ...nothingBody(head, false) } : await finish(rest));
}

/** What a user has agreed to is not asked again, but where root may see that more is to be done than was shown. */
function answered({ yes }: InstallRequest, facts: Survey): string[] {
  return yes || !isKeyHidden(facts) ? ['--yes'] : [];
}

/** What is wanted, by what was named and what is there. @throws no-input for --built */
async function wishOf(
  { source, built, typed, verify }: InstallRequest,
  { facts, out, release }: { facts: Survey; out: string; release: string | undefined },
): Promise<Wish> {
  const words = [...(release === undefined ? typed : ['--mft', release]), '--with-userland', ...(verify === 'no' ? ['--no-verify'] : [])];
  const build = `mft-patch build ${[...words, '--out', shellWord(out)].join(' ')}`;
  if (built === undefined)
    return { build, paths: patternsIn(out), isForced: source !== undefined, mayDowngrade: source !== undefined || isOfWrongRelease(facts) };
  return { ...fromPackages(facts, await packagesIn(built)), mayDowngrade: true };
}

/** What was built is installed, unless it is there already: the same package has the same version. */
function fromPackages({ modules }: Survey, paths: PackagePaths): Pick<Wish, 'build' | 'paths' | 'isForced'> {
  return { build: undefined, paths, isForced: !paths.modules.includes(`_${modules?.version}_`) };
}

/** The packages as they will be named: the version has a digest that nobody knows before. */
function patternsIn(directory: string): PackagePaths {
  return { modules: `${shellWord(directory)}/${defaultPackage}_*.deb`, tools: `${shellWord(directory)}/mft_*.deb` };
}

/** @throws no-input if there is not one package of the modules */
async function packagesIn(directory: string): Promise<PackagePaths> {
  const names = await readdir(directory).catch((error) => failInput(directory, error, 'check --built'));
  const find = (form: RegExp) => names.filter((name) => form.test(name)).map((name) => shellWord(resolve(directory, name)));
  const [modules, ...others] = find(new RegExp(`^${defaultPackage}_.*\\.deb$`));
  const [tools] = find(/^mft_.*\.deb$/);
  const hint = `pass a directory with one ${defaultPackage}_….deb, as mft-patch build --with-userland --out DIR writes it`;
  if (modules === undefined || others.length > 0)
    return fail({
      code: 'no-input',
      path: directory,
      detail: `holds ${modules === undefined ? 'no' : 'several'} ${defaultPackage}_….deb`,
      hint,
    });
  return { modules, ...(tools === undefined ? {} : { tools }) };
}

async function buildPackages(
  { source, releaseSource, build, verify }: InstallRequest,
  { out, release }: { out: string; release: string | undefined },
  { tell, check }: World,
): Promise<BuildDocument> {
  check();
  tell(`build ${defaultPackage} for every kernel`);
  // Of an earlier run: which package is meant must be clear.
  await rm(out, { recursive: true, force: true });
  return build(source ?? (await releaseSource(release ?? '')), { out, verify });
}

/** A package that does not install in a container is not installed here; nothing was changed. */
function unverified(plan: InstallDocument, { verification }: BuildDocument): InstallDocument {
  const steps = plan.steps.map((step) => ({ ...step, status: step.id === 'build' ? ('failed' as const) : ('not-done' as const) }));
  const kernels = verification.kernels.filter(({ status }) => status === 'fails').map(({ kernel }) => kernel);
  const reason = `build: the package fails in a container, on ${kernels.join(', ')}`;
  return { ...plan, status: 'failed', fault: 'package', steps, reason };
}

/** The build goes before what root has done. */
function withBuild(plan: InstallDocument, document: InstallDocument): InstallDocument {
  const [build] = plan.steps;
  return {
    ...document,
    ...(plan.release === undefined ? {} : { release: plan.release }),
    steps: [...(build ? [{ ...build, status: 'done' as const }] : []), ...document.steps],
  };
}
