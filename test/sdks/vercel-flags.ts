import { encryptOverrides } from 'flags';
import * as sdk from 'flags/next';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/vercel-flags.js');
type Entities = { readonly user: { readonly id: string } };
type Flags = ReturnType<typeof declareFlags>;

/** An application's flags: observed ones take the place of the bare. */
export interface Application {
  flags: Flags;
  /** The request of a unit; the same as long as nobody else asks. */
  readonly requestOf: (unit: string) => Request;
}

const SECRET = Buffer.alloc(32, 1).toString('base64url');

/** The toolbar's cookie; one for all clients, because the SDK decrypts only what it has not just decrypted. */
const OVERRIDES = encryptOverrides({ forced: 'green' }, SECRET);

function declareFlags({ flag }: Pick<typeof sdk, 'flag'>) {
  const identify = ({ headers }: { readonly headers: Pick<Headers, 'get'> }): Entities => ({
    user: { id: headers.get('x-user') ?? '' },
  });
  const origin = { provider: 'vercel', projectId: 'prj_shop' };
  const columns = [1, 2].map((count) => ({ columns: count }));
  return {
    boolean: flag<boolean, Entities>({ key: 'boolean', identify, origin, decide: () => true }),
    string: flag<string, Entities>({
      key: 'string',
      identify,
      options: [
        { label: 'blue', value: 'navy' },
        { label: 'green', value: 'lime' },
      ],
      decide: () => 'navy',
    }),
    number: flag<number, Entities>({ key: 'number', identify, options: [10, 20], decide: async () => 20 }),
    object: flag<{ readonly columns: number }, Entities>({
      key: 'object',
      identify,
      options: columns.map((value, index) => ({ label: ['compact', 'wide'][index] ?? '', value })),
      decide: () => ({ columns: 2 }),
    }),
    free: flag<string>({ key: 'free', options: ['EUR'], decide: () => 'anything' }),
    split: flag<string, Entities>({
      key: 'split',
      identify,
      options: ['blue', 'green'],
      decide: ({ entities }) => (entities?.user.id === 'user-1' ? 'blue' : 'green'),
    }),
    forced: flag<string>({ key: 'forced', options: ['blue', 'green'], decide: () => 'blue' }),
    undecided: flag<boolean>({
      key: 'undecided',
      defaultValue: false,
      decide: () => undefined as unknown as boolean,
    }),
    failing: flag<string>({
      key: 'failing',
      options: ['blue'],
      defaultValue: 'blue',
      decide: () => Promise.reject(new Error('no rules today')),
    }),
    broken: flag<boolean>({
      key: 'broken',
      decide: () => {
        throw new Error('no rules today');
      },
    }),
  };
}

/** The types of flags say that they take a request of Next.js's pages; they take any. */
function ask(declared: Flags[keyof Flags], request: Request): unknown {
  return Reflect.apply(declared, undefined, [request]);
}

export const subject: SdkSubject<Application, Entry> = {
  title: 'Vercel Flags SDK',
  packages: ['flags'],
  entry: 'telltale/vercel-flags',
  line: 'const { flag } = observeFlags(sdk)',
  provider: 'Vercel Flags SDK',
  offline: 'flags that are decided in code',
  start: async () => {
    process.env['FLAGS_SECRET'] = SECRET;
    const cookie = `vercel-flag-overrides=${await OVERRIDES}`;
    let last: { unit: string; request: Request } | undefined;
    return {
      flags: declareFlags(sdk),
      requestOf: (unit) => {
        if (last?.unit !== unit) {
          const headers = { 'x-user': unit, cookie };
          last = { unit, request: new Request('http://localhost/', { headers }) };
        }
        return last.request;
      },
    };
  },
  stop: () => {},
  attach: (application, { observeFlags }) => {
    application.flags = declareFlags(observeFlags(sdk));
    return { impossible: 'Flags are observed from where they are declared.' };
  },
  cases: {
    boolean: {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.boolean, requestOf(unit)),
      expected: {
        key: 'boolean',
        variant: 'true',
        reason: 'unknown',
        assignment: 'assigned',
        setId: 'prj_shop',
      },
    },
    string: {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.string, requestOf(unit)),
      expected: { key: 'string', variant: 'blue', reason: 'unknown', assignment: 'assigned' },
    },
    number: {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.number, requestOf(unit)),
      expected: { key: 'number', variant: '20', reason: 'unknown', assignment: 'assigned' },
    },
    object: {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.object, requestOf(unit)),
      expected: { key: 'object', variant: 'wide', reason: 'unknown', assignment: 'assigned' },
    },
    off: { impossible: 'The SDK has no switch: whether a flag is off is up to its `decide`.' },
    override: {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.forced, requestOf(unit)),
      expected: { key: 'forced', variant: 'green', reason: 'targeting_match', assignment: 'override' },
    },
    missing: { impossible: 'A flag is a function of the application, so there is none that is missing.' },
    wrongType: { impossible: 'A flag is asked for without a type: its value is what `decide` gives.' },
    notReady: { impossible: 'The SDK has nothing to wait for: it calls `decide` at each evaluation.' },
  },
  split: {
    evaluate: ({ flags, requestOf }, unit) => ask(flags.split, requestOf(unit)),
    expected: Object.fromEntries(
      [
        ['user-1', 'blue'],
        ['user-2', 'green'],
      ].map(([unit, variant]) => [
        unit,
        { key: 'split', variant, reason: 'unknown', assignment: 'assigned' },
      ]),
    ),
  },
  more: {
    'a value that is none of the options': {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.free, requestOf(unit)),
      expected: { key: 'free', reason: 'unknown', assignment: 'assigned' },
    },
    'a `decide` that gives nothing': {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.undecided, requestOf(unit)),
      expected: { key: 'undecided', variant: 'false', reason: 'default', assignment: 'default' },
    },
    'a `decide` that throws, with a default': {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.failing, requestOf(unit)),
      expected: {
        key: 'failing',
        variant: 'blue',
        reason: 'error',
        assignment: 'error',
        errorType: 'general',
      },
    },
    'a `decide` that throws': {
      evaluate: ({ flags, requestOf }, unit) => ask(flags.broken, requestOf(unit)),
      expected: { key: 'broken', reason: 'error', assignment: 'error', errorType: 'general' },
    },
  },
  without: { version: 'A flag of the SDK has no version.' },
  notes: [
    "`sdk` is the SDK's module: `import * as sdk from 'flags/next'`, or of `'flags/sveltekit'`. Flags are observed that are declared with the `flag` that `observeFlags` gives; take `evaluate` and `getPrecomputed` from there too.",
    'The variant is the label of the option, without a label its value; a value that is none of the options has no variant, unless it is a boolean.',
    'Why `decide` decides so is unknown to the SDK; that it gave nothing, failed, or was not asked is known.',
    'The unit is `targetingKey`, `key`, `userId`, `userID`, `distinctId` or `id` of the entities, or of their `user`.',
    'The set is the `projectId` of the flag’s `origin`.',
    'An override of the toolbar is told from a value that was decided before by its cookie, and by whether the operation evaluated the flag already. Outside an operation, every value of such a request that is not decided anew counts as an override; in SvelteKit, an override may count as `cached`.',
    '`precompute` writes what is decided, `deserialize` writes nothing.',
    'A flag is not observed whose adapter has `bulkDecide` and is frozen.',
  ],
};
