/** SQL that several of our tables and views have. */

/** The attributes that name a flag in the rest of their name, and its variant in their value. */
export const PREFIX = 'feature_flags.';

/** The first of these that is not empty. */
export const firstOf = (...texts: readonly string[]): string =>
  texts.reduceRight((rest, text) => `if(${text} != '', ${text}, ${rest})`);

/** Whether what has these attributes failed. */
export const STATUS = (map: string): string =>
  `toUInt16OrZero(${firstOf(`${map}['http.response.status_code']`, `${map}['http.status_code']`)}) >= 500
    OR ${map}['error.type'] != ''`;

/** Columns of a point of durations, whatever it is of: its stream, its times and its buckets, of either kind. */
export const POINT_COLUMNS: string = `series UInt64,
  start DateTime64(9),
  time DateTime64(9),
  temporality UInt8,
  count UInt64,
  scale Int32,
  zero_count UInt64,
  buckets Map(Int32, UInt64),
  bounds Array(Float64),
  bucket_counts Array(UInt64)`;
