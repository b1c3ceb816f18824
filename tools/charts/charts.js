// What the page of `throng report` draws with, and nothing else.
import { use, init } from "echarts/core";
import { BarChart, CustomChart, LineChart, SankeyChart, ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, CustomChart, LineChart, SankeyChart, ScatterChart, GridComponent, TooltipComponent, SVGRenderer]);

export { init };
