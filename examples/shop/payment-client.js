/**
 * Calls the payment gateway.
 *
 * @param {string} url
 */
export function createPaymentClient(url) {
  /** @param {string} path @param {{ id: number, cents: number }} order */
  async function call(path, order) {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ order: order.id, cents: order.cents }),
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error(`The payment gateway answered ${answer.status} to ${path}.`);
    return answer.json();
  }

  return {
    /** @param {{ id: number, cents: number }} order */
    charge: (order) => call('/charges', order),
    /** @param {{ id: number, cents: number }} order */
    checkFraud: (order) => call('/fraud-checks', order),
  };
}
