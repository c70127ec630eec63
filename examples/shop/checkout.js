import { transaction } from './database.js';

/**
 * Checking out, twice: as it always was, and as the flag `new-checkout` has it.
 *
 * @param {import('node:sqlite').DatabaseSync} db
 * @param {ReturnType<typeof import('./payment-client.js').createPaymentClient>} payments
 *
 * @typedef {{ session: string, items: { id: number, quantity: number }[], gift?: { note: string | null } }} Basket
 */
export function createCheckout(db, payments) {
  const take = db.prepare('UPDATE products SET stock = stock - $quantity WHERE id = $id RETURNING cents');
  const insertOrder = db.prepare(
    'INSERT INTO orders (session, cents, label) VALUES (?, ?, ?) RETURNING id, cents',
  );
  const paid = db.prepare('UPDATE orders SET payment = ? WHERE id = ?');

  /**
   * Takes the goods from stock. The constraint `stock >= 0` throws when the last one is gone, which happens
   * to 0.5 % of the shoppers whatever their variant: the error rate that the shop has always had.
   *
   * @param {Basket} basket @param {string | null} label
   */
  function reserve(basket, label) {
    return transaction(db, () => {
      let cents = 0;
      for (const item of basket.items) cents += item.quantity * (take.get(item)?.cents ?? 0);
      return insertOrder.get(basket.session, cents, label);
    });
  }

  /** @param {Basket} basket */
  async function checkout(basket) {
    const order = reserve(basket, basket.gift?.note ?? null);
    const payment = await payments.charge(order);
    paid.run(payment.id, order.id);
    return { order: order.id, cents: order.cents };
  }

  /**
   * What is wrong with it: a gift may come without a note, and the fraud check makes every shopper wait for
   * a second answer from outside.
   *
   * @param {Basket} basket
   */
  async function newCheckout(basket) {
    const label = basket.gift ? `For you: ${basket.gift.note.trim()}` : null;
    const order = reserve(basket, label);
    await payments.checkFraud(order);
    const payment = await payments.charge(order);
    paid.run(payment.id, order.id);
    return { order: order.id, cents: order.cents, label };
  }

  return { checkout, newCheckout };
}
