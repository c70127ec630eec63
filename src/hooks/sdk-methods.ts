/** What is done with each call of a method. No function may throw. */
export interface MethodObserver {
  /** Gives what the method is called with instead, where a result goes to a callback too. */
  readonly called?: (args: readonly unknown[]) => readonly unknown[];
  /** Called with what the method returned, or its promise was fulfilled with, in the caller's own context. */
  readonly returned: (args: readonly unknown[], value: unknown) => void;
  /** Called with what the method threw, or its promise was rejected with. */
  readonly failed?: (args: readonly unknown[], error: unknown) => void;
}

/**
 * Observes methods of one object until the returned function is called. Whoever calls them gets what they return, of a
 * promise one that is settled the same way.
 *
 * @param callEachOther Whether the methods call one another: what one of them calls before it returns is then part of
 * that call, and not observed. Where they do not, it is a callback of the application that calls, and that counts.
 */
export function observeMethods(
  target: object,
  observers: Readonly<Record<string, MethodObserver>>,
  callEachOther = true,
): () => void {
  const nesting = callEachOther ? { depth: 0 } : undefined;
  const undo = Object.entries(observers).map(([name, observer]) => replace(target, name, observer, nesting));
  return () => {
    for (const one of undo) one();
  };
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

function replace(
  target: object,
  name: string,
  { called, returned, failed }: MethodObserver,
  nesting: { depth: number } | undefined,
): () => void {
  const original: Method = Reflect.get(target, name);
  const own = Object.getOwnPropertyDescriptor(target, name);
  const observed: Method = function (...args) {
    const isOuter = nesting === undefined || nesting.depth === 0;
    let value: unknown;
    if (nesting !== undefined) nesting.depth += 1;
    try {
      value = Reflect.apply(original, this, isOuter && called !== undefined ? called(args) : args);
    } catch (error) {
      if (isOuter) failed?.(args, error);
      throw error;
    } finally {
      if (nesting !== undefined) nesting.depth -= 1;
    }
    if (!isOuter) return value;
    if (!(value instanceof Promise)) {
      returned(args, value);
      return value;
    }
    // A promise of its own: to listen to one and give it back would make a rejection look handled that nobody handles.
    return value.then(
      (settled: unknown) => {
        returned(args, settled);
        return settled;
      },
      (error: unknown) => {
        failed?.(args, error);
        throw error;
      },
    );
  };
  Object.defineProperty(target, name, {
    value: observed,
    configurable: true,
    writable: true,
    enumerable: own?.enumerable ?? false,
  });
  return () => {
    // Whoever replaced it in the meantime still calls it, and it only passes on by then.
    if (Reflect.get(target, name) !== observed) return;
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}
