/**
 * A number in [0, 1) that depends on its three arguments alone. The shoppers and the payment gateway draw
 * from it by number instead of from a stream, so that request 4,711 is the same in every run, whatever
 * order the answers come back in.
 *
 * @param {number} seed
 * @param {number} index which draw
 * @param {number} [use] what the draw is for: two uses of one index are independent
 */
export function uniform(seed, index, use = 0) {
  let hash = seed ^ Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(use + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
