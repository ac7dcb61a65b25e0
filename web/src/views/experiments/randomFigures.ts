/** What was measured of random matrices as figures. */
import type { LinesFigure } from '../../../../src/report/charts/linesSpec.ts';
import type { RandomHistogram, RandomSpectra } from '../../../../src/spectra/randomSpectra.ts';

const shapeOf = ({ rows, columns }: { readonly rows: number; readonly columns: number }): string =>
  `${rows} × ${columns}`;

function middles({ edges }: RandomHistogram, isLog: boolean): number[] {
  return edges.slice(1).map((high, i) => {
    const low = edges[i] ?? high;
    return isLog ? Math.sqrt(low * high) : (low + high) / 2;
  });
}

/** Smallest and largest size before Newton-Schulz, with the law. */
export function spectrumFigure({ histograms }: RandomSpectra): LinesFigure {
  return {
    name: 'random-spectrum',
    title: 'Singular values of random matrices',
    description:
      'Shares of the singular values in equal bins of their logarithm, measured, and by the Marchenko-Pastur law.',
    x: { label: 'singular value σ of X/‖X‖_F', scale: 'log' },
    y: { label: 'share of directions in a bin', scale: 'linear' },
    series: histograms
      .filter(({ schedule }) => schedule === null)
      .flatMap((histogram, colour) => {
        const x = middles(histogram, true);
        const points = (shares: readonly number[]) => x.map((at, i) => ({ x: at, y: shares[i] ?? 0 }));
        return [
          { label: shapeOf(histogram), colour, mark: 'dot' as const, points: points(histogram.shares) },
          { label: `${shapeOf(histogram)}, by law`, colour, mark: 'dash' as const, points: points(histogram.expected) },
        ];
      }),
  };
}

/** Quantiles against size, with the law. */
export function scalingFigure({ sizes }: RandomSpectra): LinesFigure {
  const quantiles = sizes[0]?.quantiles ?? [];
  const kept = quantiles.filter((q) => [0.1, 0.5, 0.9].includes(q));
  return {
    name: 'random-scaling',
    title: 'Quantiles against the smaller dimension',
    description:
      'Mean singular values at three quantiles against the smaller dimension, measured, and by the Marchenko-Pastur law.',
    x: { label: 'smaller dimension r', scale: 'log' },
    y: { label: 'singular value σ of X/‖X‖_F', scale: 'log' },
    series: kept.flatMap((q, colour) => {
      const at = quantiles.indexOf(q);
      const points = (pick: (size: RandomSpectra['sizes'][number]) => readonly number[]) =>
        sizes.map((size) => ({ x: size.rows, y: pick(size)[at] ?? Number.NaN }));
      return [
        { label: `q = ${q}`, colour, mark: 'dot' as const, points: points(({ values }) => values) },
        {
          label: `q = ${q}, by law`,
          colour,
          mark: 'dash' as const,
          points: points(({ marchenkoPastur }) => marchenkoPastur),
        },
      ];
    }),
  };
}

/** Share of directions left behind against size. */
export function belowFigure({ sizes, level }: RandomSpectra): LinesFigure {
  const schedules = [...new Set(sizes.flatMap(({ afterNs }) => afterNs.map(({ schedule }) => schedule)))];
  return {
    name: 'random-below',
    title: `Directions left below ${level}`,
    description: `Share of directions whose output stays below ${level} against the smaller dimension, measured, and by law.`,
    x: { label: 'smaller dimension r', scale: 'log' },
    y: { label: `share below ${level}`, scale: 'log' },
    series: schedules.flatMap((schedule, colour) => {
      const points = (pick: 'below' | 'expectedBelow') =>
        sizes.flatMap(({ rows, afterNs }) => {
          const found = afterNs.find((after) => after.schedule === schedule);
          return found ? [{ x: rows, y: found[pick] }] : [];
        });
      return [
        { label: schedule, colour, mark: 'dot' as const, points: points('below') },
        { label: `${schedule}, by law`, colour, mark: 'dash' as const, points: points('expectedBelow') },
      ];
    }),
  };
}

/** Outputs of each schedule at the smallest and the largest size. */
export function outputFigures({ histograms }: RandomSpectra): readonly LinesFigure[] {
  const schedules = [...new Set(histograms.flatMap(({ schedule }) => (schedule === null ? [] : [schedule])))];
  return schedules.map((schedule) => ({
    name: `random-outputs-${schedule.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
    title: `Outputs of ${schedule}`,
    description: 'Shares of the directions in equal bins of their output, at the smallest and the largest size.',
    x: { label: 'singular value after Newton-Schulz', scale: 'linear' },
    y: { label: 'share of directions in a bin', scale: 'log' },
    height: 240,
    series: histograms
      .filter((histogram) => histogram.schedule === schedule)
      .map((histogram) => ({
        label: shapeOf(histogram),
        mark: 'line' as const,
        points: middles(histogram, false).map((x, i) => ({ x, y: histogram.shares[i] ?? 0 })),
      })),
  }));
}
