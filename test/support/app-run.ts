import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fixture } from './app-process.js';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the script that serves one request to itself, with only these of OpenTelemetry's and our variables. */
export async function runShort(
  variables: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<Ended> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OTEL|TELLTALE|VITEST)/.test(name));
  const env = { ...Object.fromEntries(kept), ...variables };
  try {
    const args = [...nodeOptions, fixture('app-short')];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ended;
  }
}
