/** What every experiment on spectral dynamics delivers: what was assumed, what was claimed and found, and the numbers. */

export type ExperimentName = 'entropy' | 'regression' | 'sensing' | 'gpt' | 'vit';

/** How much is run: a look, under five minutes on two cores, or what the paper's scale suggests. */
export type ExperimentSize = 'smoke' | 'quick' | 'full';

/** A statement, whether the numbers bear it out, and which numbers. */
export interface DynamicsClaim {
  readonly statement: string;
  readonly holds: boolean;
  readonly evidence: string;
}

export interface DynamicsTable {
  /** File name without ending. */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly string[];
  /** As long as `columns`; null where there is no value. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface FigureAxis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface FigurePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the interval, where there is one. */
  readonly low?: number;
  readonly high?: number;
}

export interface FigureSeries {
  readonly label: string;
  /** line joins the points, dot does not, dash is a line for what is expected rather than measured. */
  readonly mark: 'line' | 'dot' | 'dash';
  readonly points: readonly FigurePoint[];
  /** Title of the panel it is drawn in, where a figure has several side by side; series of one label share a key. */
  readonly panel?: string;
  /** Number of its colour, for series that belong together; its place among the series where left out. */
  readonly colour?: number;
}

/** A figure as plain data, drawn by the report. */
export interface DynamicsFigure {
  /** File name without ending: lower-case letters, digits, hyphens. */
  readonly name: string;
  readonly title: string;
  /** What it shows, for readers who do not see it. */
  readonly description: string;
  readonly x: FigureAxis;
  readonly y: FigureAxis;
  readonly series: readonly FigureSeries[];
}

export interface DynamicsResult {
  readonly experiment: ExperimentName;
  readonly size: ExperimentSize;
  readonly seed: number;
  readonly assumptions: readonly string[];
  readonly claims: readonly DynamicsClaim[];
  readonly tables: readonly DynamicsTable[];
  readonly figures: readonly DynamicsFigure[];
}
