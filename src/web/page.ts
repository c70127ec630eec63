import { LIMIT_RANGES } from '../core/limits.js';
import { ATTR_PREFIX_FEATURE_FLAGS } from '../core/semconv.js';
import { warnOnce } from './guard.js';

const MAX_FLAGS = LIMIT_RANGES.metricFlags.standard;
const MAX_RESULTS = LIMIT_RANGES.variantsPerFlag.standard;

/** A result of a flag, as far as one is told from another: an error's default may have the variant of a real one. */
interface Result {
  readonly variant: string | undefined;
  readonly errorType: string | undefined;
}

/** What one flag gave in the life of the page. */
export interface PageFlag {
  /** Name of its attribute on spans. */
  readonly attribute: string;
  /**
   * What it gave last. Not mixed with what it gave before, as in an operation: a page lives on after a login, and
   * shows the new variant from then on.
   */
  variant: string | undefined;
  /** Results that had their log record. */
  readonly recorded: Result[];
}

// Scripts of one page may each bring their own copy of this module, one with the hook and one with the tracer. The
// number is to be raised where what is kept changes its shape.
const KEY: unique symbol = Symbol.for('telltale.page.1');

interface WithPage {
  [KEY]?: Map<string, PageFlag>;
}

/** The page-wide scope: every flag evaluated on this page, by key. */
export function pageFlags(): Map<string, PageFlag> {
  const holder = globalThis as WithPage;
  holder[KEY] ??= new Map();
  return holder[KEY];
}

/** Takes what a flag gave now; `undefined` where the page has no room for another flag. */
export function addToPage(key: string, variant: string | undefined): PageFlag | undefined {
  const flags = pageFlags();
  const known = flags.get(key);
  if (known !== undefined) {
    known.variant = variant;
    return known;
  }
  if (flags.size >= MAX_FLAGS) {
    warnOnce('flags', () => `a page remembers ${MAX_FLAGS} flags; "${key}" and further ones are left out.`);
    return undefined;
  }
  const flag: PageFlag = { attribute: ATTR_PREFIX_FEATURE_FLAGS + key, variant, recorded: [] };
  flags.set(key, flag);
  return flag;
}

/** Whether a result has had its record on this page, or finds no room to be remembered. */
export function isRecorded({ attribute, recorded }: PageFlag, { variant, errorType }: Result): boolean {
  if (recorded.some((one) => one.variant === variant && one.errorType === errorType)) return true;
  if (recorded.length < MAX_RESULTS) return false;
  warnOnce(
    'results',
    () => `${attribute} gave more than ${MAX_RESULTS} results; further ones get no record.`,
  );
  return true;
}
