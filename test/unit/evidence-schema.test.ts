import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type {
  EpochUnits,
  Evidence,
  EvidenceCell,
  FailingUnits,
  UnitCell,
  VerdictParameters,
} from '../../src/stats/index.js';
import { DEFAULT_PARAMETERS, isStatisticsError, judge } from '../../src/stats/index.js';
import { cell, evidence } from '../support/stats-evidence.js';

interface ObjectSchema {
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly required?: readonly string[];
}

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const schema = read('../../schema/evidence.schema.json') as ObjectSchema & {
  readonly $defs: Readonly<Record<string, ObjectSchema>>;
};
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

/** Every key of an interface, and whether it must be there: the compiler refuses a list that is not complete. */
type Keys<T> = { [K in keyof T]-?: undefined extends T[K] ? 'optional' : 'required' };

const EVIDENCE: Keys<Evidence> = {
  version: 'required',
  flag: 'required',
  control: 'required',
  treatment: 'required',
  parameters: 'optional',
  complete: 'optional',
  overflow: 'optional',
  elapsedSeconds: 'optional',
  cells: 'required',
  unitCells: 'optional',
  distinctUnits: 'optional',
  failingUnits: 'optional',
  epochs: 'optional',
};
const PARAMETERS: Keys<Partial<VerdictParameters>> = {
  alphaHarm: 'optional',
  alphaSafe: 'optional',
  harmErrors: 'optional',
  harmSlow: 'optional',
  marginErrors: 'optional',
  marginSlow: 'optional',
  extraErrors: 'optional',
  extraSlow: 'optional',
  slowThreshold: 'optional',
  minRequests: 'optional',
  minSeconds: 'optional',
};
const PLACE = {
  epoch: 'required',
  from: 'required',
  serviceVersion: 'required',
  variant: 'required',
} as const;
const CELL: Keys<EvidenceCell> = {
  ...PLACE,
  route: 'optional',
  requests: 'required',
  errors: 'required',
  slow: 'optional',
  histogram: 'optional',
};
const UNIT_CELL: Keys<UnitCell> = {
  ...PLACE,
  bucket: 'required',
  requests: 'required',
  errors: 'required',
  slow: 'optional',
};
const FAILING: Keys<FailingUnits> = { ...PLACE, units: 'required' };
const EPOCH: Keys<EpochUnits> = { epoch: 'required', allocation: 'required', exposed: 'required' };

describe('the published schema and the interfaces have the same keys', () => {
  it.each([
    ['evidence', schema, EVIDENCE],
    ['parameters', schema.$defs['parameters'], PARAMETERS],
    ['cell', schema.$defs['cell'], CELL],
    ['unit cell', schema.$defs['unitCell'], UNIT_CELL],
    ['failing units', schema.$defs['failingUnits'], FAILING],
    ['epoch', schema.$defs['epochUnits'], EPOCH],
  ])('%s', (_, definition, keys) => {
    const named = Object.keys(definition?.properties ?? {}).filter((key) => key !== '$schema');
    expect(named.sort()).toEqual(Object.keys(keys).sort());
    const required = Object.entries(keys).filter(([, kind]) => kind === 'required');
    expect([...(definition?.required ?? [])].sort()).toEqual(required.map(([key]) => key).sort());
  });

  it('and the same defaults', () => {
    const properties = Object.entries(schema.$defs['parameters']?.properties ?? {});
    expect(Object.fromEntries(properties.map(([name, value]) => [name, value.default]))).toEqual(
      DEFAULT_PARAMETERS,
    );
  });
});

const { cases } = read('../fixtures/verdicts.json') as {
  cases: { id: string; evidence: Evidence }[];
};
const on = cell('on', 10, 1);
const off = cell('off', 10, 1);
const slow = { slowThreshold: 0.25 };
const buckets = { scale: 2, zero: 0, buckets: { '-9': 4, '3': 6 } };
const bounds = { bounds: [0.1, 0.25], counts: [3, 3, 4] };
const { route: _, ...place } = cell('on', 9, 1);
const unit = { ...place, bucket: 15, slow: null };
const { requests: _requests, errors: _errors, ...where } = place;

const accepted: readonly (readonly [string, Evidence])[] = [
  ...cases.map(({ id, evidence: given }) => [id, given] as const),
  ['no cells', evidence([])],
  ['ISO times', evidence([cell('on', 1, 0, { from: '2026-11-22T20:00:00+01:00' })])],
  [
    'every kind of histogram',
    evidence(
      [
        { ...on, histogram: buckets },
        { ...off, histogram: bounds },
      ],
      slow,
    ),
  ],
  ['a cell left out of the slow guardrail', evidence([{ ...on, slow: null }], slow)],
  ['a calibrating cell with its histogram', evidence([{ ...on, slow: null, histogram: buckets }], slow)],
  ['nothing known of units', evidence([on], {}, { unitCells: null, distinctUnits: null, epochs: null })],
  [
    'all that is known of units',
    evidence([on, off], DEFAULT_PARAMETERS, {
      complete: true,
      overflow: false,
      elapsedSeconds: 0.5,
      unitCells: [unit],
      distinctUnits: 4,
      failingUnits: [{ ...where, units: 1 }],
      epochs: [{ epoch: 'e', allocation: { on: 0.5, off: 0.5 }, exposed: { on: 3, off: 4 } }],
    }),
  ],
];

function codeOf(given: unknown): string | undefined {
  try {
    judge(given as Evidence);
    return undefined;
  } catch (error) {
    if (isStatisticsError(error)) return error.code;
    throw error;
  }
}

describe('what is judged is valid', () => {
  it.each(accepted)('%s', (_, given) => {
    expect(codeOf(given)).toBeUndefined();
    expect(validate(given), JSON.stringify(validate.errors)).toBe(true);
  });
});

const wrong = (over: object): unknown => ({ ...evidence([on, off]), ...over });
const wrongCell = (over: object): unknown => wrong({ cells: [off, { ...on, ...over }] });
const wrongSlow = (over: object): unknown =>
  wrong({
    parameters: slow,
    cells: [
      { ...off, slow: 1 },
      { ...on, ...over },
    ],
  });
const wrongUnit = (over: object): unknown => wrong({ unitCells: [{ ...unit, ...over }] });

describe('what is invalid is not judged', () => {
  it.each([
    ['another version', wrong({ version: 2 })],
    ['no flag', wrong({ flag: '' })],
    ['no treatment', wrong({ treatment: undefined })],
    ['cells that are no list', wrong({ cells: {} })],
    ['complete as text', wrong({ complete: 'no' })],
    ['a negative time', wrong({ elapsedSeconds: -1 })],
    ['a misspelt parameter', wrong({ parameters: { marginError: 2 } })],
    ['alpha 0', wrong({ parameters: { alphaHarm: 0 } })],
    ['a threshold of 0', wrong({ parameters: { slowThreshold: 0 } })],
    ['half a request', wrongCell({ requests: 10.5 })],
    ['negative errors', wrongCell({ errors: -1 })],
    ['requests above 2^53', wrongCell({ requests: 2 ** 53 })],
    ['an epoch that is a number', wrongCell({ epoch: 1 })],
    ['a time without its offset', wrongCell({ from: '2026-11-22T20:00:00' })],
    ['no time', wrongCell({ from: undefined })],
    ['neither slow nor a histogram', wrongSlow({})],
    ['slow and a histogram', wrongSlow({ slow: 1, histogram: buckets })],
    ['an index between two', wrongSlow({ histogram: { ...buckets, buckets: { '0.5': 10 } } })],
    ['a scale beyond OTLP', wrongSlow({ histogram: { ...buckets, scale: 21 } })],
    ['a histogram of neither kind', wrongSlow({ histogram: {} })],
    ['bucket 16', wrongUnit({ bucket: 16 })],
    ['a unit cell without its errors', wrongUnit({ errors: undefined })],
    ['no unit at all', wrong({ unitCells: [unit], distinctUnits: 0 })],
    ['failing units without unit cells', wrong({ failingUnits: [{ ...where, units: 1 }] })],
    ['a share above 1', wrong({ epochs: [{ epoch: 'e', allocation: { on: 2 }, exposed: {} }] })],
    ['half a unit', wrong({ epochs: [{ epoch: 'e', allocation: { on: 1 }, exposed: { on: 0.5 } }] })],
  ])('%s', (_, given) => {
    expect(validate(given)).toBe(false);
    expect(codeOf(given)).toBeDefined();
  });

  it('a name that nothing reads is refused', () => {
    for (const given of [wrong({ distinctUnit: 4 }), wrongCell({ error: 4 })]) {
      expect(validate(given)).toBe(false);
      expect(codeOf(given)).toBe('unknown-field');
    }
    expect(codeOf(wrong({ $schema: 'telltale/evidence.schema.json' }))).toBeUndefined();
    expect(validate(wrong({ $schema: 'telltale/evidence.schema.json' }))).toBe(true);
  });
});
