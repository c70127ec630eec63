import type { EnvironmentModel, FeatureStateModel } from 'flagsmith-nodejs';
import { capped, textOf } from '../core/words.js';

/** What the environment says of a multivariate flag. */
export interface Multivariate {
  /** Names of the values: `control`, and the ids of the others. */
  readonly names: ReadonlyMap<unknown, string>;
  /** Whether some identities get one value and some another. */
  readonly isSplit: boolean;
  /** Where it is no split, the value that every identity gets. */
  readonly valueForAll: unknown;
}

/** What an environment document says beside the flags that were evaluated by it. */
export interface EnvironmentFacts {
  readonly setId: string | undefined;
  readonly multivariates: ReadonlyMap<string, Multivariate>;
  /** Flags that are set for a single identity, by identity. */
  readonly overrides: ReadonlyMap<string, ReadonlySet<string>>;
}

const known = new WeakMap<EnvironmentModel, EnvironmentFacts>();

/** What a document says. It is looked through once: the client replaces it where it changed. */
export function environmentFacts(environment: EnvironmentModel): EnvironmentFacts {
  const found = known.get(environment);
  if (found !== undefined) return found;
  const { featureStates, identityOverrides } = environment;
  const id = textOf(environment.id);
  const facts = {
    setId: id === undefined ? undefined : capped(id),
    multivariates: new Map(
      featureStates
        .filter(({ multivariateFeatureStateValues: values }) => values.length > 0)
        .map((state) => [state.feature.name, multivariateOf(state)]),
    ),
    overrides: new Map(
      identityOverrides.map(({ identifier, identityFeatures }) => [
        identifier,
        new Set(Array.from(identityFeatures ?? [], ({ feature }) => feature.name)),
      ]),
    ),
  };
  known.set(environment, facts);
  return facts;
}

function multivariateOf(state: FeatureStateModel): Multivariate {
  const values = state.multivariateFeatureStateValues;
  const control: unknown = state.getValue();
  const names = new Map([[control, 'control']]);
  for (const { multivariateFeatureOption: option } of values) {
    const id = textOf(option.id);
    if (id !== undefined && !names.has(option.value)) names.set(option.value, id);
  }
  const isSplit = values.some(({ percentageAllocation: share }) => share > 0 && share < 100);
  const whole = values.find(({ percentageAllocation: share }) => share === 100);
  return {
    names,
    isSplit,
    valueForAll: whole === undefined ? control : whole.multivariateFeatureOption.value,
  };
}
