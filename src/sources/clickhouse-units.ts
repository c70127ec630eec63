import type { Query } from '../store/store.js';
import {
  type Exposure,
  type FailingCount,
  type FirstExposed,
  NO_EXPOSURES,
  type Place,
  type RecordedOperations,
  type UnitCount,
  type UnitSource,
  type VariantUnits,
} from './source.js';
import { cutParameters, micros, stepsParameters } from './steps-sql.js';
import { surestBySteps } from './surest-units.js';
import {
  DISTINCT_STEPS,
  DISTINCT_UNITS,
  EXPOSURES,
  FAILING_UNITS,
  FIRST_EXPOSURES,
  OLDEST_RECORD,
  RECORDED_OPERATIONS,
  UNIT_COUNTS,
} from './units-sql.js';

/** Answers about units from our own tables. */
export function createClickHouseUnits(query: Query): UnitSource {
  return {
    async unitCounts(selection, window, cut) {
      const rows = await query<UnitRow>(UNIT_COUNTS, cutParameters(selection, window, cut));
      return rows.map(
        (row): UnitCount => ({
          ...placeOf(row),
          bucket: row.bucket,
          overflow: row.overflow,
          operations: Number(row.operations),
          errors: Number(row.failures),
          slow: Number(row.slow_known) === 1 ? Number(row.slow_operations) : null,
        }),
      );
    },

    async distinctUnits(selection, window, cut, leftOut) {
      const rows = await query<{ variant: string; units: number | string }>(DISTINCT_UNITS, {
        ...cutParameters(selection, window, cut),
        left_out: leftOut.map((block) => String(Math.round(block * 1e6))),
      });
      return rows.map((row): VariantUnits => ({ variant: row.variant, units: Number(row.units) }));
    },

    async distinctSteps(selection, window, cut, leftOut, moments) {
      const rows = await query<SurestRow>(DISTINCT_STEPS, {
        ...cutParameters(selection, window, cut),
        left_out: leftOut.map((block) => String(Math.round(block * 1e6))),
        moments: micros(moments),
      });
      return surestBySteps(
        rows.map((row) => ({ ...row, step: Number(row.step), units: Number(row.most) })),
        moments.length,
      );
    },

    async exposures(selection, window) {
      const cut = { edgeIndex: 0, calibratedUntil: 0, changes: [] };
      const rows = await query<ExposureRow>(EXPOSURES, cutParameters(selection, window, cut));
      return rows.map(
        (row): Exposure => ({
          process: row.process,
          variant: row.variant,
          units: Number(row.units),
          began: Number(row.began) / 1e9,
          restarted: Number(row.restarted) === 1,
        }),
      );
    },

    async firstExposures(selection, window, services, bounds, control) {
      const parameters = { ...stepsParameters(selection, window), services };
      const recorded = await query<RecordedRow>(RECORDED_OPERATIONS, parameters);
      if (recorded.length === 0) return NO_EXPOSURES;
      const [kept] = await query<{ oldest: number; made: number }>(OLDEST_RECORD);
      const firsts = await query<FirstRow>(FIRST_EXPOSURES, {
        ...parameters,
        control,
        bounds: bounds.map((bound) => Math.round(bound * 1e6)),
      });
      return {
        units: firsts.map(
          (row): FirstExposed => ({
            stretch: Number(row.stretch),
            flagVersion: row.flag_version,
            variant: row.variant,
            units: Number(row.units),
          }),
        ),
        operations: recorded.map(
          ({ operations, identified, ...row }): RecordedOperations => ({
            ...row,
            operations: Number(operations),
            identified: Number(identified),
          }),
        ),
        keptFrom: kept !== undefined && kept.oldest > kept.made ? kept.oldest : 0,
      };
    },

    async failingUnits(selection, window, cut) {
      const rows = await query<PlaceRow & { units: number | string }>(
        FAILING_UNITS,
        cutParameters(selection, window, cut),
      );
      return rows.map((row): FailingCount => ({ ...placeOf(row), units: Number(row.units) }));
    },
  };
}

interface PlaceRow {
  block: number | string;
  service: string;
  service_version: string;
  environment: string;
  variant: string;
}

interface UnitRow extends PlaceRow {
  bucket: number;
  overflow: boolean;
  operations: number | string;
  failures: number | string;
  slow_operations: number | string;
  slow_known: number | boolean;
}

interface SurestRow {
  step: number | string;
  variant: string;
  bucket: number;
  most: number | string;
}

interface ExposureRow {
  process: string;
  variant: string;
  units: number | string;
  began: string;
  restarted: number | boolean;
}

interface FirstRow {
  stretch: number | string;
  flag_version: string;
  variant: string;
  units: number | string;
}

interface RecordedRow {
  service: string;
  variant: string;
  operations: number | string;
  identified: number | string;
}

function placeOf(row: PlaceRow): Place {
  return {
    block: Number(row.block) / 1e6,
    service: row.service,
    serviceVersion: row.service_version,
    environment: row.environment,
    variant: row.variant,
  };
}
