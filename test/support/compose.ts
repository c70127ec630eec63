import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { toolPath } from './tool-paths.js';

/** The checkout, in which docker-compose.yml stands. */
export const ROOT: string = join(import.meta.dirname, '../..');

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly dockerfile_inline?: string };
  /** null where the image's own command runs. */
  readonly command?: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly {
    readonly host_ip?: string;
    readonly published: string;
    readonly target: number;
  }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
}

export interface ComposeProject {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

/**
 * What Docker Compose makes of docker-compose.yml, by its own `config`: anchors, variables and defaults put in. It throws
 * what Compose does not accept.
 */
export function composeProject(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): ComposeProject {
  const path = process.env['PATH'] ?? '';
  const config = ['--project-directory', ROOT, ...args, 'config', '--format', 'json'];
  const text = execFileSync(toolPath('compose'), config, {
    cwd: ROOT,
    env: { PATH: path, ...env },
    encoding: 'utf8',
  });
  return JSON.parse(text) as ComposeProject;
}
