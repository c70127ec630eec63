/** SQL that several of the evidence's views have. */

/** The attributes that name a flag in the rest of their name, and its variant in their value. */
export const PREFIX = 'feature_flags.';

/** The first of these that is not empty. */
export const firstOf = (...texts: readonly string[]): string =>
  texts.reduceRight((rest, text) => `if(${text} != '', ${text}, ${rest})`);

/** Whether what has these attributes failed. */
export const STATUS = (map: string): string =>
  `toUInt16OrZero(${firstOf(`${map}['http.response.status_code']`, `${map}['http.status_code']`)}) >= 500
    OR ${map}['error.type'] != ''`;
