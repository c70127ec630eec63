import type { LDClient, LDFlagSet, LDFlagsState } from '@launchdarkly/node-server-sdk';
import { countDrop } from '../core/drops.js';
import type { Evaluation } from '../core/evaluation.js';
import { createHiddenField } from '../core/mark.js';
import { settings } from '../core/settings.js';
import { textOf } from '../core/words.js';
import { canonicalKey } from './launchdarkly-context.js';
import { type Result, toEvaluation } from './launchdarkly-evaluation.js';
import type { VariationNames } from './launchdarkly-variations.js';
import type { Write } from './sdk-adapter.js';
import { hasMethod } from './sdk-kinds.js';
import { observeMethods } from './sdk-methods.js';

/** What `$flagsState` has of one flag; the version may be left out on request. */
interface Metadata {
  readonly variation?: unknown;
  readonly version?: unknown;
}

/** Who writes what is read of a state. */
interface Reader {
  reads: StateReads;
}

const readers = createHiddenField<Reader>();

/**
 * Observes what the application reads of the states that `allFlagsState` gives, until the returned function is called:
 * such a read is the evaluation, because the call itself evaluates every flag there is, for whatever use. Where
 * several observe one client, the one added last writes, as with hooks.
 */
export function observeStates(client: LDClient, names: VariationNames | undefined, write: Write): () => void {
  const watch = (context: unknown, state: unknown): void =>
    write(() => {
      if (isState(state)) watchReads(state, new StateReads(state, canonicalKey(context), names, write));
      return undefined;
    });
  return observeMethods(client, {
    allFlagsState: {
      called: (args) => {
        const [context, options, callback, ...rest] = args;
        if (typeof callback !== 'function') return args;
        const observed = function (this: unknown, ...given: readonly unknown[]): unknown {
          watch(context, given[1]);
          return Reflect.apply(callback, this, given);
        };
        return [context, options, observed, ...rest];
      },
      returned: ([context], state) => watch(context, state),
    },
  });
}

function isState(state: unknown): state is LDFlagsState {
  return ['getFlagValue', 'getFlagReason', 'allValues', 'toJSON'].every((name) => hasMethod(state, name));
}

function watchReads(state: LDFlagsState, reads: StateReads): void {
  const known = readers.get(state);
  if (known !== undefined) {
    known.reads = reads;
    return;
  }
  const reader: Reader = { reads };
  readers.set(state, reader);
  // `toJSON` is how a browser's SDK gets its flags, and nothing that this process does depends on it.
  observeMethods(state, {
    getFlagValue: { returned: ([key], value) => reader.reads.one(key, value) },
    allValues: { returned: (_args, values) => reader.reads.all(values as LDFlagSet) },
  });
}

/** Writes what is read of one state. */
class StateReads {
  readonly #state: LDFlagsState;
  readonly #targetingKey: string | undefined;
  readonly #names: VariationNames | undefined;
  readonly #write: Write;
  #metadata: ReadonlyMap<string, Metadata> | undefined;

  constructor(
    state: LDFlagsState,
    targetingKey: string | undefined,
    names: VariationNames | undefined,
    write: Write,
  ) {
    this.#state = state;
    this.#targetingKey = targetingKey;
    this.#names = names;
    this.#write = write;
  }

  one(key: unknown, value: unknown): void {
    this.#write(() => this.#evaluation(textOf(key), value));
  }

  /**
   * Every flag of the state, because nobody can see which of the values are used. A state of more flags than a span
   * holds is a list for somebody else: written out, it would cost each request hundreds of measurements, and take the
   * room of the flags that decide something here.
   */
  all(values: LDFlagSet): void {
    this.#write(() => {
      const keys = Object.keys(values);
      const { spanFlags } = settings().limits;
      if (keys.length > spanFlags) {
        countDrop(
          'span_flags',
          () =>
            `allValues() gave ${keys.length} flags, more than a span holds (${spanFlags}), and none of them is ` +
            'written; read the flags that decide something with getFlagValue(key), or raise the limit spanFlags.',
        );
        return undefined;
      }
      for (const key of keys) this.one(key, values[key]);
      return undefined;
    });
  }

  #evaluation(key: string | undefined, value: unknown): Evaluation | undefined {
    if (key === undefined) return undefined;
    const { variation, version } = this.#metadataOf(key);
    const result: Result = {
      value,
      variationIndex: typeof variation === 'number' ? variation : undefined,
      reason: value === undefined ? this.#whyMissing() : (this.#state.getFlagReason(key) ?? undefined),
    };
    const facts = { setId: undefined, version: textOf(version), targetingKey: this.#targetingKey };
    return toEvaluation(key, result, this.#names, facts);
  }

  /** Read once, because `toJSON` copies all of the state. Its shape is no promise, so nothing leans on it. */
  #metadataOf(key: string): Metadata {
    if (this.#metadata === undefined) {
      const { $flagsState } = this.#state.toJSON() as { readonly $flagsState?: object };
      this.#metadata = new Map(Object.entries($flagsState ?? {}));
    }
    return this.#metadata.get(key) ?? {};
  }

  #whyMissing(): Result['reason'] {
    const invalid = this.#targetingKey === undefined ? 'USER_NOT_SPECIFIED' : 'CLIENT_NOT_READY';
    return { kind: 'ERROR', errorKind: this.#state.valid ? 'FLAG_NOT_FOUND' : invalid };
  }
}
