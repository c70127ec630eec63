import type { ISDK } from '@splitsoftware/splitio/types/splitio.js';
import { type Definition, type Flag, flagOf } from './split-causes.js';

/** The flags of a factory, read anew where Split says that they changed. */
export class Definitions {
  readonly #factory: ISDK;
  #byName: ReadonlyMap<string, Flag> = new Map();
  #readAt: number | undefined;

  constructor(factory: ISDK) {
    this.#factory = factory;
  }

  get(name: string, lastUpdate: number): Flag | undefined {
    if (this.#readAt !== lastUpdate) {
      this.#readAt = lastUpdate;
      const { splitChanges } = this.#factory.getRolloutPlan() as RolloutPlan;
      this.#byName = new Map(splitChanges.ff.d.map((definition) => [definition.name, flagOf(definition)]));
    }
    return this.#byName.get(name);
  }
}

/** What Split's servers answer for its flags; the SDK's types leave it open. */
interface RolloutPlan {
  readonly splitChanges: { readonly ff: { readonly d: readonly Definition[] } };
}
