/** What a call threw, or its promise was rejected with. */
export interface Failure {
  readonly error: unknown;
}

/**
 * Calls `fn`, and tells how it ended: as it returns or throws, or, where it returns a promise, as that is settled.
 *
 * @param ended Must not throw.
 * @returns What `fn` returns; for a promise, one that is settled the same way. Not the same one: listening to a
 * promise and giving it back would make a rejection look handled that nobody handles. And `then` is called once,
 * within `fn`'s own context: the promises of query builders do their work each time it is.
 * @throws What `fn` throws.
 */
export function observed<T>(fn: () => T, ended: (failure: Failure | undefined) => void): T {
  let result: T;
  try {
    result = fn();
  } catch (error) {
    ended({ error });
    throw error;
  }
  if (!isThenable(result)) {
    ended(undefined);
    return result;
  }
  return result.then(
    (value) => {
      ended(undefined);
      return value;
    },
    (error: unknown) => {
      ended({ error });
      throw error;
    },
  ) as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
