/** Forgets what was evaluated, as a page does that is loaded again. */
export function newPage(): void {
  Reflect.deleteProperty(globalThis, Symbol.for('telltale.page.1'));
}
