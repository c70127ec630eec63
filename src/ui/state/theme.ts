import { useSyncExternalStore } from 'react';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'telltale-theme';
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let chosen: Theme = THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';

/** Shows the theme that was chosen, or the system's; once, as the page is opened. */
export function startTheme(): void {
  show();
  system.addEventListener('change', show);
}

function show(): void {
  document.documentElement.dataset['theme'] = shown();
  for (const listener of listeners) listener();
}

function shown(): 'light' | 'dark' {
  if (chosen !== 'auto') return chosen;
  return system.matches ? 'dark' : 'light';
}

export function setTheme(theme: Theme): void {
  chosen = theme;
  localStorage.setItem(KEY, theme);
  show();
}

/** What was chosen. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => chosen);
}

/** What is seen. */
export function useShownTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, shown);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
