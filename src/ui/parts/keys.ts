/** Whether a key is meant for the page: no text is being typed, and no other key is held with it. */
export function isPlainKey(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return false;
  return !(
    event.target instanceof Element && event.target.closest('input, select, textarea, dialog') !== null
  );
}
