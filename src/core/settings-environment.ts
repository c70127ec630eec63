import { LIMIT_RANGES, type Limits } from './limits.js';
import type { BaggageOptions, TelltaleOptions } from './settings.js';

const TEXTS = ['records', 'profile', 'unitIds', 'unitSalt'] as const;
const FLAGS = ['values', 'errorMessages'] as const;

/** The variable of an option: `TELLTALE_LIMIT_SPAN_FLAGS` for `limits.spanFlags`. */
export function variableOf(option: string): string {
  const words = option.replace(/^limits\./, 'limit_').replace('.', '_');
  return `TELLTALE_${words.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Every variable that {@link fromEnvironment} reads. */
export function variables(): string[] {
  const others = ['slowThresholdMs', 'baggage.flags', 'baggage.sendTo', 'baggage.receive'];
  const limits = Object.keys(LIMIT_RANGES).map((name) => `limits.${name}`);
  return [...TEXTS, ...FLAGS, ...others, ...limits].map(variableOf);
}

/**
 * The options that the variables `TELLTALE_*` give; unset, empty and blank are the same.
 *
 * @throws TypeError where one has no value of its kind; whether the value is allowed is not checked here.
 */
export function fromEnvironment(): TelltaleOptions {
  const options: Record<string, unknown> = {};
  for (const option of TEXTS) set(options, option, text(option));
  for (const option of FLAGS) set(options, option, boolean(option));
  set(options, 'slowThresholdMs', number('slowThresholdMs'));
  set(options, 'baggage', baggage());
  const limits: Record<string, unknown> = {};
  for (const name of Object.keys(LIMIT_RANGES) as (keyof Limits)[]) {
    set(limits, name, number(`limits.${name}`));
  }
  if (Object.keys(limits).length > 0) options['limits'] = limits;
  return options as TelltaleOptions;
}

function set(target: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined) target[name] = value;
}

function baggage(): BaggageOptions | undefined {
  const flags = list('baggage.flags');
  const sendTo = list('baggage.sendTo');
  const receive = boolean('baggage.receive');
  if (flags === undefined) {
    if (sendTo === undefined && receive !== true) return undefined;
    throw new TypeError(
      `${variableOf('baggage.flags')} has to name the flags that may travel, separated by commas; it is not set.`,
    );
  }
  return { flags, sendTo: sendTo ?? [], receive: receive ?? false };
}

/** The texts that an option's variable lists, separated by commas. */
export function list(option: string): string[] | undefined {
  return text(option)
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/**
 * What an option's variable says, true or false.
 *
 * @throws TypeError where it says something else.
 */
export function boolean(option: string): boolean | undefined {
  const raw = text(option);
  const lower = raw?.toLowerCase();
  if (lower === undefined || lower === 'true' || lower === 'false') {
    return lower === undefined ? undefined : lower === 'true';
  }
  throw new TypeError(`${variableOf(option)} has to be true or false, got "${raw}".`);
}

function number(option: string): number | undefined {
  const raw = text(option);
  if (raw === undefined) return undefined;
  const value = Number(raw);
  if (Number.isFinite(value)) return value;
  throw new TypeError(`${variableOf(option)} has to be a number, got "${raw}".`);
}

function text(option: string): string | undefined {
  return environmentText(variableOf(option));
}

/** A variable's text; unset, empty and blank are the same, as the OpenTelemetry specification has it. */
export function environmentText(name: string): string | undefined {
  const raw = process.env[name]?.trim();
  return raw === undefined || raw === '' ? undefined : raw;
}
