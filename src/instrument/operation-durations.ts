import type { Attributes, Context, Histogram } from '@opentelemetry/api';
import { countDrop } from '../core/drops.js';
import { ROUTE_SHARE } from '../core/limits.js';
import type { FlagState } from '../core/scope.js';
import { ATTR_FEATURE_FLAG_VERSION, ATTR_TELLTALE_ASSIGNMENT } from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { variantAttributes } from './variant-attributes.js';

/** What all flags of an ended operation share. */
export interface OperationShape {
  /** The same for the same attributes, and only then. */
  readonly id: string;
  readonly attributes: Attributes;
  /** Gives the shape with all routes as one, for when there is no room for another route. */
  readonly foldRoute?: () => OperationShape;
}

/** What one variant, assignment and version recorded. */
interface Series {
  readonly assignment: string;
  readonly version: string | undefined;
  /** Attribute sets by the id of the operation's shape. */
  readonly sets: Map<string, Attributes>;
  /** What was recorded last, so that the next like it is not looked up. */
  lastShape: OperationShape | undefined;
  lastSet: Attributes | undefined;
}

/** The series of one variant. */
interface VariantSeries {
  /** By {@link seriesId}: a flag that changes often has many versions. */
  readonly byId: Map<string, Series>;
  /** The one found last, which nearly always is the next too. */
  last: Series;
}

/**
 * Records `telltale.operation.duration` and keeps its attribute sets under the limit. One for each
 * MeterProvider, because the SDK behind it is what counts sets.
 */
export class OperationDurations {
  readonly #histogram: Histogram;
  readonly #hasView: () => boolean;
  /** By the variant's index. */
  readonly #series: VariantSeries[] = [];
  #sets = 0;

  /** @param hasView Whether Telltale's View, which has more room, was seen at work on this histogram. */
  constructor(histogram: Histogram, hasView: () => boolean) {
    this.#histogram = histogram;
    this.#hasView = hasView;
  }

  /**
   * Records one operation for one flag evaluated in it.
   *
   * @param active The active context, which the SDK would else look for at each record.
   */
  record(seconds: number, flag: FlagState, shape: OperationShape, active: Context): void {
    if (!flag.variant.flag.measured) return;
    const series = this.#seriesOf(flag);
    const attributes =
      series?.lastShape === shape
        ? series.lastSet
        : (series?.sets.get(shape.id) ?? this.#add(series, flag, shape));
    if (attributes === undefined) return;
    if (series !== undefined) {
      series.lastShape = shape;
      series.lastSet = attributes;
    }
    this.#histogram.record(seconds, attributes, active);
  }

  #seriesOf(flag: FlagState): Series | undefined {
    const all = this.#series[flag.variant.index];
    if (all === undefined) return undefined;
    if (all.last.assignment === flag.assignment && all.last.version === flag.version) return all.last;
    const found = all.byId.get(seriesId(flag));
    if (found !== undefined) all.last = found;
    return found;
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
      return series?.sets.get(folded.id) ?? this.#add(series, flag, folded);
    }
    if (this.#sets >= limit) {
      countDrop(
        'attribute_sets',
        () =>
          `telltale.operation.duration holds ${limit} attribute sets; what needs new ones is left out. ` +
          'Pass telltaleViews() to the SDK for more room.',
      );
      return undefined;
    }
    this.#sets += 1;
    const attributes = mergeAttributes(flag, shape);
    (series ?? this.#addSeries(flag)).sets.set(shape.id, attributes);
    return attributes;
  }

  #addSeries(flag: FlagState): Series {
    const series: Series = {
      assignment: flag.assignment,
      version: flag.version,
      sets: new Map(),
      lastShape: undefined,
      lastSet: undefined,
    };
    const all = this.#series[flag.variant.index];
    if (all === undefined) {
      this.#series[flag.variant.index] = { byId: new Map([[seriesId(flag), series]]), last: series };
    } else {
      all.byId.set(seriesId(flag), series);
      all.last = series;
    }
    return series;
  }
}

/** No assignment has a space in it, so that no two pairs share an id, nor does a version called `undefined`. */
function seriesId(flag: FlagState): string {
  return flag.version === undefined ? flag.assignment : `${flag.assignment} ${flag.version}`;
}

function mergeAttributes(flag: FlagState, shape: OperationShape): Attributes {
  const attributes: Attributes = {
    ...variantAttributes(flag.variant),
    [ATTR_TELLTALE_ASSIGNMENT]: flag.assignment,
    ...shape.attributes,
  };
  if (flag.version !== undefined) attributes[ATTR_FEATURE_FLAG_VERSION] = flag.version;
  // The SDK sorts the names at every record, which is faster where they are in order.
  return Object.fromEntries(Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1)));
}
