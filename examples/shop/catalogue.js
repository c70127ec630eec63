/**
 * Products and carts. The second implementation of a query is the one behind the feature flag.
 *
 * @param {import('node:sqlite').DatabaseSync} db
 */
export function createCatalogue(db) {
  const columns = 'id, name, cents, rating';

  // Reads every description in the shop: the reason for the flag `fast-search`.
  const scan = db.prepare(`
    SELECT ${columns} FROM products WHERE name LIKE $like OR description LIKE $like
    ORDER BY rating DESC, id LIMIT 20`);
  const lookUp = db.prepare(`
    SELECT ${columns} FROM products WHERE id IN (SELECT rowid FROM products_text WHERE products_text MATCH $term)
    ORDER BY rating DESC, id LIMIT 20`);
  const best = db.prepare(`SELECT ${columns} FROM products ORDER BY id LIMIT 20`);

  const byId = db.prepare('SELECT * FROM products WHERE id = ?');
  const sameCategory = db.prepare(`
    SELECT ${columns} FROM products WHERE category = $category AND id <> $id ORDER BY rating DESC LIMIT 5`);
  const sameMaterial = db.prepare(`
    SELECT ${columns} FROM products WHERE material = $material AND id <> $id ORDER BY rating DESC LIMIT 5`);

  const putLine = db.prepare(`
    INSERT INTO cart_lines VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET quantity = excluded.quantity`);
  const lines = db.prepare('SELECT product_id AS id, quantity FROM cart_lines WHERE session = ?');
  const pricedLines = db.prepare(`
    SELECT product_id AS id, name, quantity, quantity * cents AS cents
    FROM cart_lines JOIN products ON products.id = product_id WHERE session = ?`);

  return {
    list: () => best.all(),

    /** @param {string} term @param {boolean} fast */
    search: (term, fast) =>
      fast ? lookUp.all({ term: `"${term.replaceAll('"', '""')}"` }) : scan.all({ like: `%${term}%` }),

    /** @param {number} id */
    product: (id) => byId.get(id),

    /** @param {{ id: number, category: string, material: string }} product @param {boolean} v2 */
    recommend: ({ id, category, material }, v2) =>
      v2 ? sameMaterial.all({ id, material }) : sameCategory.all({ id, category }),

    /** @param {string} session @param {number} productId @param {number} quantity */
    addToCart: (session, productId, quantity) => void putLine.run(session, productId, quantity),

    /** @param {string} session @param {boolean} beta with names and prices */
    cart: (session, beta) => (beta ? pricedLines : lines).all(session),
  };
}
