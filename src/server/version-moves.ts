import type { SeenVersion } from '../sources/clickhouse-seen.js';
import { groups } from './groups.js';

/** A version that began to be reported where another one was. */
export interface VersionMove {
  readonly name: string;
  readonly environment: string;
  readonly version: string;
  /** Just before its first report, Unix seconds. */
  readonly time: number;
}

/** A version that was not reported in so many of the last blocks is new when it comes back: a roll-back of a deployment. */
const FORGOTTEN_BLOCKS = 3;

/**
 * Where versions moved. What is reported in the first block of a flag or service was there before, for all that is known;
 * two that are reported side by side, as in a rolling deployment, move once.
 *
 * @param seen block by block, oldest first for each name and environment
 */
export function versionMoves(seen: readonly SeenVersion[]): VersionMove[] {
  const moves: VersionMove[] = [];
  const told = seen.filter(({ version }) => version !== '');
  for (const own of groups(told, ({ name, environment }) => `${name.length} ${name}${environment}`)) {
    const lastSeen = new Map<string, number>();
    for (const [index, block] of groups(own, ({ block: start }) => String(start)).entries()) {
      for (const { name, environment, version, before } of block) {
        const last = lastSeen.get(version);
        lastSeen.set(version, index);
        const isNew = last === undefined || index - last > FORGOTTEN_BLOCKS;
        if (isNew && index > 0) moves.push({ name, environment, version, time: before });
      }
    }
  }
  return moves;
}
