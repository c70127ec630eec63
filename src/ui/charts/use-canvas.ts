import type { ECharts } from 'echarts/core';
import { type RefObject, useEffect, useRef } from 'react';
import { useShownTheme } from '../state/theme.js';
import type { ChartLook } from './chart-look.js';
import type { ChartOption } from './chart-option.js';
import { createChart } from './echarts.js';

/** What a chart shows, made anew with each look; a stable function (`useCallback`), or it is drawn at each render. */
export type MakeOption = (look: ChartLook) => ChartOption;

/** A variant that is gone has no line any more; all else stays, so that what is said at the pointer does not vanish. */
const LINES_ANEW = { replaceMerge: ['series'] };

/** Keeps a chart drawn in an element, as large as the element. */
export function useCanvas(option: MakeOption): {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly chart: RefObject<ECharts | undefined>;
} {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const theme = useShownTheme();
  const drawn = useRef(option);
  drawn.current = option;

  useEffect(() => {
    if (place.current === null) return;
    const made = createChart(place.current);
    chart.current = made;
    let rem = currentLook().rem;
    const sizes = new ResizeObserver(([entry]) => {
      const look = currentLook();
      if (look.rem !== rem) made.setOption(drawn.current(look), LINES_ANEW);
      rem = look.rem;
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      if (width !== made.getWidth() || height !== made.getHeight()) made.resize();
    });
    sizes.observe(place.current);
    return () => {
      sizes.disconnect();
      made.dispose();
      chart.current = undefined;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option(currentLook()), LINES_ANEW);
  }, [option, theme]);

  return { place, chart };
}

export function currentLook(): ChartLook {
  const style = getComputedStyle(document.documentElement);
  const of = (property: string) => style.getPropertyValue(property).trim();
  return {
    ...{ text: of('--text'), soft: of('--text-soft'), line: of('--line'), strong: of('--line-strong') },
    ...{ surface: of('--surface'), raised: of('--raised'), font: of('--font') },
    rem: Number.parseFloat(style.fontSize),
    of,
  };
}
