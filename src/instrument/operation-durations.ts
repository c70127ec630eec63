import type { Attributes, Histogram } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import type { Variant } from '../core/flags.js';
import { ROUTE_SHARE } from '../core/limits.js';
import type { FlagState } from '../core/scope.js';
import {
  ATTR_FEATURE_FLAG_KEY,
  ATTR_FEATURE_FLAG_RESULT_VARIANT,
  ATTR_FEATURE_FLAG_VERSION,
  ATTR_TELLTALE_ASSIGNMENT,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';

/** What all flags of an ended operation share. */
export interface OperationShape {
  /** The same for the same attributes, and only then. */
  readonly id: string;
  readonly attributes: Attributes;
  /** Gives the shape with all routes as one, for when there is no room for another route. */
  readonly foldRoute?: () => OperationShape;
}

/** Attribute sets of one variant, assignment and version, by the operation's shape. */
type Series = Map<string, Attributes>;

/**
 * Records `telltale.operation.duration` and keeps its attribute sets under the limit. One for each
 * MeterProvider, because the SDK behind it is what counts sets.
 */
export class OperationDurations {
  readonly #histogram: Histogram;
  readonly #hasView: () => boolean;
  /** By variant, then by {@link seriesId}: a flag that changes often has many versions. */
  readonly #series: Map<Variant, Map<string, Series>> = new Map();
  #sets = 0;

  /** @param hasView Whether Telltale's View, which has more room, was seen at work on this histogram. */
  constructor(histogram: Histogram, hasView: () => boolean) {
    this.#histogram = histogram;
    this.#hasView = hasView;
  }

  /** Records one operation for one flag evaluated in it. */
  record(seconds: number, flag: FlagState, shape: OperationShape): void {
    if (!flag.variant.flag.measured) return;
    const series = this.#series.get(flag.variant)?.get(seriesId(flag));
    const attributes = series?.get(shape.id) ?? this.#add(series, flag, shape);
    if (attributes !== undefined) this.#histogram.record(seconds, attributes);
  }

  #add(series: Series | undefined, flag: FlagState, shape: OperationShape): Attributes | undefined {
    const { attributeSets, viewAttributeSets } = settings().limits;
    const limit = this.#hasView() ? viewAttributeSets : attributeSets;
    if (shape.foldRoute !== undefined && this.#sets >= limit * ROUTE_SHARE) {
      countDrop(
        'routes',
        () =>
          `telltale.operation.duration has ${this.#sets} of ${limit} attribute sets; new routes are folded.`,
      );
      const folded = shape.foldRoute();
      return series?.get(folded.id) ?? this.#add(series, flag, folded);
    }
    if (this.#sets >= limit) {
      countDrop(
        'attribute_sets',
        () =>
          `telltale.operation.duration holds ${limit} attribute sets; operations with new ones are left out. ` +
          'Pass telltaleViews() to the SDK for more room.',
      );
      return undefined;
    }
    this.#sets += 1;
    const attributes = mergeAttributes(flag, shape);
    (series ?? this.#addSeries(flag)).set(shape.id, attributes);
    return attributes;
  }

  #addSeries(flag: FlagState): Series {
    const series: Series = new Map();
    const all = this.#series.get(flag.variant);
    if (all === undefined) this.#series.set(flag.variant, new Map([[seriesId(flag), series]]));
    else all.set(seriesId(flag), series);
    return series;
  }
}

/** No assignment has a space in it, so that no two pairs share an id, nor does a version called `undefined`. */
function seriesId(flag: FlagState): string {
  return flag.version === undefined ? flag.assignment : `${flag.assignment} ${flag.version}`;
}

function mergeAttributes(flag: FlagState, shape: OperationShape): Attributes {
  const attributes: Attributes = {
    [ATTR_FEATURE_FLAG_KEY]: flag.variant.flag.key,
    [ATTR_TELLTALE_ASSIGNMENT]: flag.assignment,
    ...shape.attributes,
  };
  if (flag.variant.name !== undefined) attributes[ATTR_FEATURE_FLAG_RESULT_VARIANT] = flag.variant.name;
  if (flag.version !== undefined) attributes[ATTR_FEATURE_FLAG_VERSION] = flag.version;
  return attributes;
}
