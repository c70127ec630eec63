import { BackendError } from '../store/backend-error.js';

/** Of something, but not nothing of it. */
export const share = (value: number): boolean => value > 0 && value <= 1;

/** A plain decimal number for which it holds. */
export function number(text: string, name: string, what: string, holds: (value: number) => boolean): number {
  const value = /^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!holds(value)) throw expected(name, `a number, ${what}`, text);
  return value;
}

/** Shares by variant, adding up to 1, from weights such as `on=10,off=90`. */
export function allocation(text: string, name: string): Map<string, number> {
  const shares = new Map<string, number>();
  for (const part of text.split(',')) {
    const cut = part.lastIndexOf('=');
    const variant = part.slice(0, Math.max(0, cut)).trim();
    const weight = cut < 0 ? Number.NaN : Number(part.slice(cut + 1).trim() || Number.NaN);
    if (variant === '' || !(weight >= 0) || !Number.isFinite(weight) || shares.has(variant)) {
      throw expected(name, 'each variant once with its weight, such as on=10,off=90', text);
    }
    shares.set(variant, weight);
  }
  const total = [...shares.values()].reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw expected(name, 'weights of which at least one is above 0', text);
  return new Map([...shares].map(([variant, weight]) => [variant, weight / total]));
}

/** What a parameter must be, and what came. */
export function expected(name: string, what: string, text: string): BackendError {
  return new BackendError(
    'bad-request',
    `${name} must be ${what}; it is ${JSON.stringify(text.slice(0, 60))}.`,
  );
}
