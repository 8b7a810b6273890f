// The look of the planner: its own sheet, and uPlot's.
import { unsafeCSS } from 'lit';
import plot from 'uplot/dist/uPlot.min.css?inline';
import planner from './planner.css?inline';
import views from './views/views.css?inline';

export const sheets = [unsafeCSS(plot), unsafeCSS(planner), unsafeCSS(views)];
