import type { Evaluation } from '../core/evaluation.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { recordEvaluation } from '../instrument/evaluate.js';
import {
  type EvaluationRecordOptions,
  type RecordOptions,
  recordOptions,
} from '../instrument/record-options.js';
import { type ExpectedClient, expectClient } from './sdk-client.js';
import { type SdkPackage, warnOfVersion } from './sdk-version.js';

export type { EvaluationRecordOptions };

/** Stops an adapter's observing; the SDK's object is then as it was. Calling it again does nothing. */
export type Detach = () => void;

/** What an adapter says of itself. */
export interface SdkAdapter extends ExpectedClient {
  /** The packages it was tried with. */
  readonly packages: readonly SdkPackage[];
}

/**
 * Writes one evaluation, where the adapter is still attached. Never throws.
 *
 * @param make Says what was evaluated, or nothing where that is no evaluation; called only where it is written.
 */
export type Write = (make: () => Evaluation | undefined) => void;

/** What is attached to an object at the moment. */
const detachers = new WeakMap<object, Detach>();

/**
 * Attaches an adapter to an SDK's object. Attached twice it observes once, and either function detaches it.
 *
 * @param install Starts observing and returns what undoes it.
 * @throws TypeError where `client` is of another kind, or an option is wrong.
 */
export function attachAdapter<Client extends object>(
  adapter: SdkAdapter,
  client: Client,
  options: EvaluationRecordOptions,
  install: (client: Client, record: Write) => () => void,
): Detach {
  const { caller, packages } = adapter;
  const resolved = recordOptions(caller, options);
  expectClient(adapter, client);
  const attached = detachers.get(client);
  if (attached !== undefined) return attached;
  warnOfVersion(caller, packages);
  let isAttached = true;
  const uninstall = install(
    client,
    createWrite(caller, resolved, () => isAttached),
  );
  const detach = (): void => {
    if (!isAttached) return;
    isAttached = false;
    detachers.delete(client);
    uninstall();
  };
  detachers.set(client, detach);
  return detach;
}

/** What writes evaluations while `isOn` says so. */
export function createWrite(caller: string, options: RecordOptions, isOn: () => boolean): Write {
  return (make) => {
    if (!isOn() || isDisabled(caller)) return;
    try {
      const evaluation = make();
      if (evaluation !== undefined) recordEvaluation(evaluation, options);
    } catch (error) {
      takeFault(caller, error);
    }
  };
}
