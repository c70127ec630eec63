class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: what lets a subclass put its private field on any object.
    return object;
  }
}

/** Something kept with objects of others. */
export interface HiddenField<T> {
  get(object: object): T | undefined;
  /** To be called once for an object. */
  set(object: object, value: T): void;
}

/**
 * Keeps something with objects of others, invisibly to everything else: in a private field, which no enumeration,
 * comparison or copy finds. A WeakMap would do, but adding to it and collecting its entries costs more than the rest
 * of a repeated evaluation.
 */
export function createHiddenField<T>(): HiddenField<T> {
  class Field extends Given {
    #value: T;

    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }

    static get(object: object): T | undefined {
      return #value in object ? object.#value : undefined;
    }
  }
  return {
    get: (object) => Field.get(object),
    set: (object, value) => {
      new Field(object, value);
    },
  };
}

const seen = createHiddenField<true>();

/** Whether this is the first call with that object. */
export function isFirstSight(object: object): boolean {
  if (seen.get(object) === true) return false;
  seen.set(object, true);
  return true;
}
