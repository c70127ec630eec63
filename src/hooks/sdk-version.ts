import { diag } from '@opentelemetry/api';

/** A package that an adapter was tried with. */
export interface SdkPackage {
  readonly name: string;
  /** The first version it works with. */
  readonly from: string;
  /** The first major version that nobody tried. */
  readonly below: number;
}

const warned = new Set<string>();

/**
 * Warns, once for each package, where the installed version is outside the range an adapter was tried with. Where no
 * version can be found, as in a bundle, there is nothing to say.
 */
export function warnOfVersion(caller: string, packages: readonly SdkPackage[]): void {
  for (const { name, from, below } of packages) {
    if (warned.has(name)) continue;
    const version = installedVersion(name);
    if (version === undefined || isWithin(version, from, below)) continue;
    warned.add(name);
    diag.warn(
      `telltale: ${caller} was made for ${name} from ${from} to below ${below}.0.0, and ${version} is installed. ` +
        'It goes on, but what it writes may be incomplete. Install a version in that range, or a newer telltale.',
    );
  }
}

/** Whether `version` is at least `from` and of a major version below `below`; both as `1.2.3`, with or without more. */
export function isWithin(version: string, from: string, below: number): boolean {
  const [major = 0, minor = 0, patch = 0] = numbersOf(version);
  const [fromMajor = 0, fromMinor = 0, fromPatch = 0] = numbersOf(from);
  if (major >= below) return false;
  if (major !== fromMajor) return major > fromMajor;
  return minor === fromMinor ? patch >= fromPatch : minor > fromMinor;
}

function numbersOf(version: string): number[] {
  return version.split(/[-+]/, 1).join('').split('.').map(Number);
}

/** The version of a package that is installed where this one can load it. */
function installedVersion(name: string): string | undefined {
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    const { readFileSync } = process.getBuiltinModule('node:fs');
    for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
      const version = versionIn(folder, name, readFileSync);
      if (version !== undefined) return version;
    }
  } catch {
    // No file system, or no modules in it: the SDK is part of a bundle.
  }
  return undefined;
}

function versionIn(
  folder: string,
  name: string,
  readFile: (path: string, encoding: 'utf8') => string,
): string | undefined {
  try {
    const { version } = JSON.parse(readFile(`${folder}/${name}/package.json`, 'utf8')) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
