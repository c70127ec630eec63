import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

/** The parts of ECharts that the page uses, and no other. */
const PARTS = [LineChart, GridComponent, TooltipComponent, MarkLineComponent, CanvasRenderer];

/** An empty chart in an element, of the element's size. */
export function createChart(place: HTMLElement): ECharts {
  // Here and not beside it: the package says that its modules do nothing by themselves, so bundlers leave such calls out.
  use(PARTS);
  return init(place, undefined, { renderer: 'canvas' });
}
