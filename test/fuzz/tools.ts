/** The programs that judge packages. */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { Fault } from './fault.js';

export interface ToolResult {
  /** Null if it was killed. */
  status: number | null;
  stdout: Buffer;
  stderr: string;
}

export function runTool(
  program: string,
  args: readonly string[],
  options: Pick<SpawnSyncOptions, 'cwd' | 'env' | 'timeout'> = {},
): ToolResult {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const result = spawnSync(program, args, { maxBuffer: 1 << 28, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'buffer', ...options });
  return { status: result.status, stdout: result.stdout ?? Buffer.alloc(0), stderr: String(result.stderr ?? '') };
}

/** Runs a tool that must accept our package without a warning. */
export function runQuiet(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = runTool(program, args);
  if (status !== 0 || stderr !== '')
    throw new Fault('wrong', `our package is not read without a warning: exit ${status}, ${stdout}${stderr}`);
}
