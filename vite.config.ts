import { defineConfig } from 'vite';

/** The page that `telltale up` serves: `src/ui` into `dist/ui`. */
export default defineConfig({
  root: 'src/ui',
  publicDir: false,
  build: {
    outDir: '../../dist/ui',
    emptyOutDir: true,
    target: 'es2023',
    // The Content-Security-Policy allows files from here and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // ECharts, which only the view of a flag loads.
    chunkSizeWarningLimit: 800,
  },
  worker: { format: 'es' },
});
