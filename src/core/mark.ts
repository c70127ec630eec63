class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: what lets a subclass put its private field on any object.
    return object;
  }
}

/**
 * Marks objects of others as seen, invisibly to everything else: the mark is a private field, which no
 * enumeration, comparison or copy finds. A WeakSet would do, but adding to it and collecting its entries costs
 * more than the rest of a repeated evaluation.
 */
class Mark extends Given {
  #seen = true;

  static isOn(object: object): boolean {
    return #seen in object;
  }
}

/** Whether this is the first call with that object. */
export function isFirstSight(object: object): boolean {
  if (Mark.isOn(object)) return false;
  new Mark(object);
  return true;
}
