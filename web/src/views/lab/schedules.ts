/** Schedules of the lab: named ones, one edited by hand, and what they do. */
import { createLabelledRandom } from '../../../../src/base/random.ts';
import { jacobiSvd } from '../../../../src/linalg/jacobi.ts';
import type { Matrix } from '../../../../src/linalg/matrix.ts';
import { alignments } from '../../../../src/newtonSchulz/alignment.ts';
import { longestSchedule, scheduleOf } from '../../../../src/newtonSchulz/catalogue.ts';
import { designComposition, type StepKind } from '../../../../src/newtonSchulz/design.ts';
import { designForSpectrum } from '../../../../src/newtonSchulz/designForSpectrum.ts';
import { emulate } from '../../../../src/newtonSchulz/emulate.ts';
import { output, response } from '../../../../src/newtonSchulz/response.ts';
import type { NsCoefficients, NsPrecision, NsSchedule } from '../../../../src/newtonSchulz/schedule.ts';
import type { DesignObjective } from '../../../../src/newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../../../../src/planner/forecastSpectrum.ts';
import type { LinesFigure } from '../../../../src/report/charts/linesSpec.ts';
import type { LawsDocument } from '../../../../src/scaling/law.ts';

/** Name of the schedule that is edited. */
export const EDITED = 'edited';

/** "jordan:5" -> its schedule. @throws UsageError for a name or number of steps that is not known */
export function scheduleNamed(text: string): NsSchedule {
  const [name = '', steps] = text.split(':');
  return scheduleOf(name, steps === undefined ? undefined : Number(steps));
}

export function mostSteps(text: string): number {
  return longestSchedule(text.split(':')[0] ?? '');
}

/** "a,b,c;a,b,c" -> rows; null unless every one is three numbers. */
export function parseCoefficients(text: string): readonly NsCoefficients[] | null {
  if (text.trim() === '') return [];
  const rows = text.split(';').map((row) => row.split(',').map(Number));
  const isWhole = rows.every((row) => row.length === 3 && row.every(Number.isFinite));
  return isWhole && rows.length <= 16 ? rows.map(([a = 0, b = 0, c = 0]) => [a, b, c]) : null;
}

export function formatCoefficients(rows: readonly NsCoefficients[]): string {
  return rows.map((row) => row.join(',')).join(';');
}

export function editedSchedule(coefficients: readonly NsCoefficients[]): NsSchedule {
  const { entry } = scheduleOf('jordan');
  return { ...scheduleOf('jordan'), name: EDITED, source: 'edited by hand', entry: { ...entry }, coefficients };
}

/** Minimax composition for [lower, 1]; quintics, and cubics where products are left over. */
export function designInterval(lower: number, products: number): readonly NsCoefficients[] {
  const cubics = [0, 2, 1][products % 3] ?? 0;
  const kinds: StepKind[] = [
    ...Array<StepKind>((products - 2 * cubics) / 3).fill('quintic'),
    ...Array<StepKind>(cubics).fill('cubic'),
  ];
  return designComposition(lower, kinds).coefficients;
}

export interface RowDesign {
  readonly laws: LawsDocument;
  readonly role: string;
  readonly depth: number;
  readonly params: number;
  readonly products: number;
  readonly objective: DesignObjective;
  readonly precision: NsPrecision;
}

/** Coefficients for the forecast of a row of the laws. */
export function designRow({ laws, role, depth, params, ...options }: RowDesign): readonly NsCoefficients[] {
  const { products, objective, precision } = options;
  const spectrum = forecastSpectrum(laws, { role, depth, params });
  return designForSpectrum(spectrum, products, { objective, precision }).schedule.coefficients;
}

/** Enough for the fastest ripples; what is drawn is thinned to its envelope. */
const POINTS = 4000;

/** Responses over singular values from 10^low to 1. */
export function responseFigure(schedules: readonly NsSchedule[], low: number): LinesFigure {
  const sigma = Array.from({ length: POINTS }, (_, i) => 10 ** (low * (1 - i / (POINTS - 1))));
  const outputs = schedules.map((schedule) => response(sigma, schedule));
  const highest = Math.max(1.3, ...outputs.map((own) => Math.min(2.5, Math.max(...own.filter(Number.isFinite)))));
  const lowest = Math.min(0, ...outputs.map((own) => Math.max(-1.5, Math.min(...own.filter(Number.isFinite)))));
  return {
    name: 'responses',
    title: 'What the schedules do to a singular value',
    description: 'Output of each schedule against the singular value of the normalised momentum.',
    x: { label: 'singular value σ of X/‖X‖_F', scale: 'log' },
    y: { label: 'output', scale: 'linear' },
    domain: [lowest, highest],
    levels: [0.7, 1],
    height: 360,
    series: schedules.map(({ name }, i) => ({
      label: name,
      mark: 'line',
      points: sigma.map((x, k) => ({ x, y: outputs[i]?.[k] ?? Number.NaN })),
    })),
  };
}

/** Matrix of the emulation: side, and directions per decade. */
export const EMULATED = { side: 48, top: 0.9 };

/** One outlier and a tail falling to `smallest`, on random directions; emulated in a precision and in exact arithmetic. */
export function emulationFigure(
  schedules: readonly NsSchedule[],
  { smallest, precision, seed }: { readonly smallest: number; readonly precision: NsPrecision; readonly seed: number },
): LinesFigure {
  const { side, top } = EMULATED;
  const random = createLabelledRandom(seed, 'lab');
  const tail = Math.sqrt(1 - top ** 2) / Math.sqrt(side - 1);
  const sigma = Float64Array.from({ length: side }, (_, i) =>
    i === 0 ? top : Math.max(smallest, tail * (smallest / tail) ** ((i - 1) / (side - 2))),
  );
  const [u, v] = [orthogonal(side, random.gaussian), orthogonal(side, random.gaussian)];
  const matrix = composed(u, sigma, v);
  const norm = Math.hypot(...sigma);
  const lowest = smallest / norm;
  const grid = Array.from({ length: POINTS }, (_, i) => lowest * (1 / lowest) ** (i / (POINTS - 1)));
  return {
    name: 'emulation',
    title: `A ${side} × ${side} matrix in ${precision}`,
    description: `Alignment of every singular direction after each schedule, emulated with products in ${precision}, beside exact arithmetic.`,
    x: { label: 'singular value σ of X/‖X‖_F', scale: 'log' },
    y: { label: 'u · NS(X) v', scale: 'linear' },
    levels: [0.7, 1],
    height: 360,
    series: schedules.flatMap((schedule, colour) => {
      const found = alignments(matrix, emulate(matrix, schedule, { precision }), { u, sigma, v });
      return [
        {
          label: `${schedule.name}, ${precision}`,
          colour,
          mark: 'dot' as const,
          points: Array.from(sigma, (s, i) => ({ x: s / norm, y: found[i] ?? Number.NaN })),
        },
        {
          label: `${schedule.name}, exact`,
          colour,
          mark: 'dash' as const,
          points: grid.map((x) => ({ x, y: output(x, schedule) })),
        },
      ];
    }),
  };
}

/** The left singular vectors of a Gaussian matrix: uniformly distributed. */
function orthogonal(side: number, draw: () => number): Matrix {
  return jacobiSvd({ rows: side, columns: side, data: Float64Array.from({ length: side * side }, draw) }).u;
}

/** U diag(sigma) V^T of square U and V. */
function composed(u: Matrix, sigma: Float64Array, v: Matrix): Matrix {
  const side = sigma.length;
  const entry = (i: number, j: number): number =>
    sigma.reduce((sum, s, k) => sum + (u.data[i * side + k] ?? 0) * s * (v.data[j * side + k] ?? 0), 0);
  const data = Float64Array.from({ length: side * side }, (_, at) => entry(Math.floor(at / side), at % side));
  return { rows: side, columns: side, data };
}
