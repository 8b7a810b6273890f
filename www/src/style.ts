// The look of the planner: its own sheet, and uPlot's.
import { unsafeCSS } from 'lit';
import plot from 'uplot/dist/uPlot.min.css?inline';
import inputs from './inputs/inputs.css?inline';
import planner from './planner.css?inline';
import views from './views/views.css?inline';

export const sheets = [plot, planner, inputs, views].map((sheet) => unsafeCSS(sheet));
