/**
 * Names from OpenTelemetry's semantic conventions 1.44 that Telltale writes, and its own. They are copied here
 * because the unstable ones live under a package path that may break in a minor release.
 */
export const ATTR_FEATURE_FLAG_KEY = 'feature_flag.key';
export const ATTR_FEATURE_FLAG_RESULT_VARIANT = 'feature_flag.result.variant';
export const ATTR_FEATURE_FLAG_RESULT_REASON = 'feature_flag.result.reason';
export const ATTR_FEATURE_FLAG_PROVIDER_NAME = 'feature_flag.provider.name';
export const ATTR_FEATURE_FLAG_SET_ID = 'feature_flag.set.id';
export const ATTR_FEATURE_FLAG_VERSION = 'feature_flag.version';
export const ATTR_FEATURE_FLAG_ERROR_MESSAGE = 'feature_flag.error.message';
export const ATTR_FEATURE_FLAG_RESULT_VALUE = 'feature_flag.result.value';
export const ATTR_FEATURE_FLAG_CONTEXT_ID = 'feature_flag.context.id';
export const ATTR_EXCEPTION_TYPE = 'exception.type';
export const ATTR_ERROR_TYPE = 'error.type';
export const ATTR_HTTP_REQUEST_METHOD = 'http.request.method';
export const ATTR_HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code';
export const ATTR_HTTP_ROUTE = 'http.route';

/** `error.type` where something failed and nothing better is known. */
export const ERROR_TYPE_OTHER = '_OTHER';

/** Event name of an evaluation's log record. */
export const EVENT_FEATURE_FLAG_EVALUATION = 'feature_flag.evaluation';

/** Event name of the log record of a failed operation. */
export const EVENT_TELLTALE_OPERATION_FAILED = 'telltale.operation.failed';

export const METRIC_HTTP_SERVER_REQUEST_DURATION = 'http.server.request.duration';

/** Counter of evaluations, named as Datadog's. */
export const METRIC_FEATURE_FLAG_EVALUATIONS = 'feature_flag.evaluations';

/** Attribute on spans and log records: this prefix and the flag's key, with the variant as its value. */
export const ATTR_PREFIX_FEATURE_FLAGS = 'feature_flags.';

/** Sentry's name for the same on spans. */
export const ATTR_PREFIX_SENTRY_FLAGS = 'flag.evaluation.';

/** Name of the span event that LaunchDarkly's hooks write. */
export const EVENT_LAUNCHDARKLY = 'feature_flag';

export const ATTR_TELLTALE_ASSIGNMENT = 'telltale.assignment';
export const ATTR_TELLTALE_OUTCOME = 'telltale.outcome';
export const ATTR_TELLTALE_DROP_REASON = 'reason';
export const METRIC_TELLTALE_OPERATION_DURATION = 'telltale.operation.duration';
export const ATTR_TELLTALE_OPERATION_NAME = 'telltale.operation.name';
export const ATTR_TELLTALE_UNIT_ID = 'telltale.unit.id';
export const ATTR_TELLTALE_UNIT_BUCKET = 'telltale.unit.bucket';
export const ATTR_TELLTALE_THRESHOLD = 'telltale.threshold';
export const METRIC_TELLTALE_UNIT_OPERATIONS = 'telltale.unit.operations';
export const METRIC_TELLTALE_UNIT_ERRORS = 'telltale.unit.errors';
export const METRIC_TELLTALE_UNIT_SLOW = 'telltale.unit.slow';
export const METRIC_TELLTALE_UNIT_EXPOSED = 'telltale.unit.exposed';

/** Pattern of all instruments by unit bucket. */
export const METRIC_TELLTALE_UNIT_ALL = 'telltale.unit.*';
export const METRIC_TELLTALE_DROPPED = 'telltale.dropped';

/** `telltale.outcome` of an operation whose client went away before the response was complete. */
export const OUTCOME_ABORTED = 'aborted';

/** Variant of a flag that gave more than one variant within one operation. */
export const VARIANT_MIXED = '__mixed__';

/** Stands for every flag, variant or route past a limit. */
export const OVERFLOW = '__overflow__';
