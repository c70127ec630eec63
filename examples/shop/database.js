import { DatabaseSync } from 'node:sqlite';
import { product, productCount } from './assortment.js';

/** The shop's database: SQLite in memory, filled with the same products in every run. */
export function openDatabase() {
  const db = new DatabaseSync(':memory:');
  db.exec(`
    CREATE TABLE products (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, category TEXT NOT NULL,
      material TEXT NOT NULL, cents INTEGER NOT NULL, rating INTEGER NOT NULL,
      stock INTEGER NOT NULL CHECK (stock >= 0)
    ) STRICT;
    CREATE INDEX products_category ON products (category, rating);
    CREATE INDEX products_material ON products (material, rating);
    CREATE VIRTUAL TABLE products_text USING fts5 (name, description, content='products', content_rowid='id');
    CREATE TABLE cart_lines (
      session TEXT NOT NULL, product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL,
      PRIMARY KEY (session, product_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE orders (
      id INTEGER PRIMARY KEY, session TEXT NOT NULL, cents INTEGER NOT NULL, label TEXT, payment TEXT
    ) STRICT;
  `);

  const insert = db.prepare('INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  transaction(db, () => {
    for (let id = 1; id <= productCount; id++) insert.run(...Object.values(product(id)));
  });
  db.exec(`INSERT INTO products_text (products_text) VALUES ('rebuild')`);
  return db;
}

/**
 * All of it or none of it. The work is synchronous, so no other request comes in between.
 *
 * @template T
 * @param {DatabaseSync} db
 * @param {() => T} work
 * @returns {T}
 */
export function transaction(db, work) {
  db.exec('BEGIN');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
