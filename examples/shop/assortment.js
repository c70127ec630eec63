// What the shop sells: 4,000 products made from three lists of words, the same in every run.

const adjectives = [
  ...['blue', 'green', 'folding', 'round', 'heavy', 'light', 'small', 'large', 'striped', 'plain'],
  ...['modern', 'rustic', 'stacking', 'outdoor', 'curved', 'narrow', 'wide', 'painted', 'polished', 'raw'],
];
const materials = ['oak', 'steel', 'linen', 'glass', 'bamboo', 'cork', 'wool', 'copper', 'marble', 'paper'];
export const nouns = [
  ...['chair', 'table', 'lamp', 'shelf', 'bench', 'stool', 'mirror', 'basket', 'blanket', 'pillow'],
  ...['vase', 'clock', 'tray', 'bowl', 'kettle', 'candle', 'planter', 'rug', 'desk', 'hook'],
];

export const productCount = adjectives.length * materials.length * nouns.length;

/** A print of which there were three. Whoever orders one later is told so by the database. */
export const limitedEditionId = 7;

/** @param {number} id from 1 to {@link productCount} */
export function product(id) {
  const at = id - 1;
  const adjective = adjectives[at % adjectives.length];
  const material = materials[Math.floor(at / adjectives.length) % materials.length];
  const noun = nouns[Math.floor(at / (adjectives.length * materials.length)) % nouns.length];
  return {
    id,
    name: `${adjective} ${material} ${noun}`,
    description:
      `This ${adjective} piece is made of ${material} by people who have done so for three generations. ` +
      `It is delivered in one parcel, assembled in ten minutes, and can be returned within thirty days. ` +
      `Our customers keep their ${noun} for eleven years on average.`,
    category: noun,
    material,
    cents: 900 + ((id * 137) % 20_000),
    rating: (id * 31) % 500,
    stock: id === limitedEditionId ? 3 : 1_000_000,
  };
}
