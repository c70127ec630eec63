import type { DevCycleClient, DevCycleCloudClient, DVCVariableInterface } from '@devcycle/nodejs-server-sdk';
import type { Evaluation } from '../core/evaluation.js';
import { capped, lowerCase, textOf } from '../core/words.js';
import { type Cause, FAILED, NAMED, NO_UNIT, NOT_READY, UNKNOWN } from './causes.js';
import { resultVariant } from './result-variant.js';
import { attachAdapter, type Detach, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';
import { type MethodObserver, observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

type Client = DevCycleClient | DevCycleCloudClient;
type Variable = Pick<DVCVariableInterface, 'value' | 'eval'>;

const PROVIDER = 'DevCycle';

const ADAPTER: SdkAdapter = {
  caller: 'observeDevCycle',
  expects: 'a DevCycle client',
  methods: ['variable', 'variableValue', 'allVariables'],
  packages: [{ name: '@devcycle/nodejs-server-sdk', from: '1.55.0', below: 2 }],
};

const OTHER_TYPE: Cause = { reason: 'error', assignment: 'error', errorType: 'type_mismatch' };

const CAUSES: ReadonlyMap<string, Cause> = new Map<string, Cause>([
  ['DEFAULT', { reason: 'default', assignment: 'default' }],
  ['DISABLED', { reason: 'disabled', assignment: 'default' }],
  ['SPLIT', { reason: 'split', assignment: 'assigned' }],
  ['TARGETING_MATCH', { reason: 'targeting_match', assignment: 'assigned' }],
  ['OVERRIDE', NAMED],
  // Who asks for a variation is unlike those who do not.
  ['OPT_IN', NAMED],
  ['ERROR', FAILED],
]);

/** Details that say more than their reason, which each of them has only one of. */
const DETAILED_CAUSES: ReadonlyMap<string, Cause> = new Map<string, Cause>([
  ['Missing Config', NOT_READY],
  ['Variable Type Mismatch', OTHER_TYPE],
  ['Invalid Variable Type', OTHER_TYPE],
  ['All Users', { reason: 'static', assignment: 'default' }],
  ['User ID', NAMED],
]);

/**
 * Observes every evaluation of a DevCycle client, of local or cloud bucketing: the attribute `feature_flags.<key>` on
 * the operation's entry span, the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the
 * flag's share in `telltale.operation.duration`. The key is the variable's, and a boolean variable's variant is `true`
 * or `false`; other variables have none. A variation's name is only in `allFeatures`, which is not observed.
 *
 * @returns What stops it.
 * @throws TypeError where `client` is no DevCycle client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { initializeDevCycle } from '@devcycle/nodejs-server-sdk';
 * import { observeDevCycle } from 'telltale/devcycle';
 *
 * const devcycle = await initializeDevCycle('dvc_server_key').onClientInitialized();
 * observeDevCycle(devcycle);
 * ```
 */
export function observeDevCycle(client: Client, options: EvaluationRecordOptions = {}): Detach {
  // Wrapped, and not through `addHook`: a hook cannot be taken out again, is passed over where another one throws, and
  // sees no `allVariables`.
  return attachAdapter(ADAPTER, client, options, (target, write) => {
    const project = projectReader(target);
    const observers: Record<string, MethodObserver> = {
      // `variableValue` calls it.
      variable: {
        returned: (args, variable) =>
          write(() => ofVariable(args[1], args[0], variable as Variable, project)),
        failed: (args) =>
          write(() => evaluation(args[1], args[0], isUser(args[0]) ? FAILED : NO_UNIT, undefined, undefined)),
      },
      allVariables: {
        returned: (args, variables) => {
          for (const [key, variable] of Object.entries(variables as Record<string, Variable>)) {
            write(() => ofVariable(key, args[0], variable, project));
          }
        },
      },
    };
    return observeMethods(target, observers, false);
  });
}

function ofVariable(
  key: unknown,
  user: unknown,
  variable: Variable,
  project: () => string | undefined,
): Evaluation | undefined {
  const cause = causeOf(variable);
  return evaluation(key, user, cause, variable.value, cause === NOT_READY ? undefined : project());
}

function evaluation(
  key: unknown,
  user: unknown,
  { reason, assignment, errorType }: Cause,
  value: unknown,
  setId: string | undefined,
): Evaluation | undefined {
  const flag = textOf(key);
  if (flag === undefined) return undefined;
  return {
    key: flag,
    variant: resultVariant(undefined, value),
    reason,
    assignment,
    provider: PROVIDER,
    setId,
    version: undefined,
    errorType,
    errorMessage: undefined,
    value,
    targetingKey: isUser(user) ? textOf(user.user_id) : undefined,
  };
}

function causeOf({ eval: told }: Variable): Cause {
  // As a service sends it, whatever the types say.
  if (!told?.reason) return UNKNOWN;
  const { reason, details = '' } = told;
  return DETAILED_CAUSES.get(details) ?? CAUSES.get(reason) ?? { ...UNKNOWN, reason: lowerCase(reason) };
}

/** Reads the project's id once it is known: the SDK parses it anew each time, and a client keeps its project. */
function projectReader(client: Client): () => string | undefined {
  // With cloud bucketing, the client does not know.
  if (!('getConfigMetadata' in client)) return () => undefined;
  let id: string | undefined;
  return () => {
    if (id === undefined) {
      const known = textOf(client.getConfigMetadata()?.project.id);
      id = known === undefined ? undefined : capped(known);
    }
    return id;
  };
}

function isUser(user: unknown): user is { readonly user_id: string } {
  return typeof (user as { readonly user_id?: unknown } | null | undefined)?.user_id === 'string';
}
