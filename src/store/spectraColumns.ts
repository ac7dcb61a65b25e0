/**
 * The spectra of a run as typed columns, one set a matrix, read from a growing spectra.jsonl.
 *
 * What: lines are read once, from where the last call stopped; a last line without its end waits for the rest.
 * How: lines are scanned (scanSpectrumLine.ts), unusual ones parsed and their fields checked; no record is kept: 4 bytes a number
 * and 8 a step, so a million spectra of nine quantiles take about 70 MB, whatever their lines take.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  append,
  columnsOf,
  emptySeries,
  type GrowingSeries,
  MEASURES,
  type Measure,
  type SeriesColumns,
  type SeriesIdentity,
} from './growingSeries.ts';
import { layoutOf, lineScanner, numberSlot, type ScannedLine } from './scanSpectrumLine.ts';

/** A line that holds no spectrum. */
export interface DamagedLine {
  readonly line: number;
  readonly reason: string;
}

/** Columns that grow with their file. */
export interface SpectraColumns {
  /** Bytes read, in whole lines. */
  readonly read: number;
  /** Bytes of the file at the last look. */
  readonly size: number;
  readonly records: number;
  /** The first of the lines that hold no spectrum. */
  readonly damaged: readonly DamagedLine[];
  /** How many there are. */
  readonly damagedLines: number;
  /** Whether the file was there at the last look. */
  readonly isThere: boolean;
  readonly series: readonly SeriesIdentity[];
  /** Columns of a series by its place in `series`, good until they are asked for again. @throws RangeError if there is none */
  columns(index: number): SeriesColumns;
  /**
   * Reads on, for about so long.
   *
   * @param until `performance.now()` at which to stop
   * @returns whether there is more to read now
   */
  grow(until: number): boolean;
}

const CHUNK = 1 << 20;
/** A longer line is no spectrum: some hundred quantiles take 10 kB. */
const LONGEST_LINE = 1 << 24;
/** Damaged lines that are told. */
const MOST_DAMAGED = 20;
const NEWLINE = 10;
/** Layouts learnt of one file: a file that mixes more is parsed. */
const MOST_LAYOUTS = 1000;
/** Places in a scanned line. */
const [NAME, STAGE, QUANTILES, VALUES] = [0, 2, 1, 2];
const STEP = numberSlot('step');
const SLOTS: readonly number[] = MEASURES.map(numberSlot);

/** @param path of a spectra.jsonl, which need not exist yet */
export function openSpectraColumns(path: string): SpectraColumns {
  const byKey = new Map<string, GrowingSeries>();
  const series: GrowingSeries[] = [];
  const damaged: DamagedLine[] = [];
  const state = { read: 0, size: 0, records: 0, lines: 0, damaged: 0, layouts: 0, isThere: false, isSkipping: false };
  let rest: Buffer = Buffer.alloc(0);
  let scan: ((bytes: Buffer, start: number, end: number) => ScannedLine | null) | null = null;

  const note = (reason: string): void => {
    state.damaged++;
    if (damaged.length < MOST_DAMAGED) damaged.push({ line: state.lines, reason });
  };

  const addLine = (bytes: Buffer, start: number, end: number): void => {
    state.lines++;
    if (start === end) return;
    const scanned = scan?.(bytes, start, end) ?? null;
    const known = scanned && byKey.get(`${scanned.texts[STAGE]} ${scanned.texts[NAME]}`);
    if (scanned && known && scanned.lists[QUANTILES]!.length === scanned.lists[VALUES]!.length) {
      append(
        known,
        scanned.numbers[STEP]!,
        scanned.lists[QUANTILES]!,
        scanned.lists[VALUES]!,
        (i) => scanned.numbers[SLOTS[i]!]!,
      );
      state.records++;
      return;
    }
    const record = recordOf(bytes.toString('utf8', start, end));
    if (typeof record === 'string') {
      note(record);
      return;
    }
    if (scanned === null && state.layouts < MOST_LAYOUTS) {
      state.layouts++;
      const layout = layoutOf(record);
      if (layout !== null) scan = lineScanner(layout);
    }
    const key = `${record.stage} ${record.name}`;
    let found = byKey.get(key);
    if (found === undefined) {
      found = emptySeries(record);
      byKey.set(key, found);
      series.push(found);
    }
    append(found, record.step, record.quantiles, record.values, (i) => record[MEASURES[i]!]);
    state.records++;
  };

  const restart = (): void => {
    byKey.clear();
    series.length = 0;
    damaged.length = 0;
    Object.assign(state, { read: 0, records: 0, lines: 0, damaged: 0, layouts: 0, isSkipping: false });
    rest = Buffer.alloc(0);
  };

  const readChunk = (file: number): boolean => {
    const at = state.read + rest.length;
    if (at >= state.size) return false;
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, state.size - at));
    const got = readSync(file, chunk, 0, chunk.length, at);
    if (got === 0) return false;
    const bytes = rest.length === 0 ? chunk.subarray(0, got) : Buffer.concat([rest, chunk.subarray(0, got)]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (state.isSkipping) state.isSkipping = false;
      else addLine(bytes, start, end);
      start = end + 1;
    }
    state.read += start;
    rest = Buffer.from(bytes.subarray(start));
    if (state.isSkipping || rest.length > LONGEST_LINE) skipRest();
    return true;
  };

  /** Goes on after the end of a line that is too long to be a spectrum. */
  const skipRest = (): void => {
    if (!state.isSkipping) {
      state.lines++;
      note(`a line of more than ${LONGEST_LINE} bytes`);
    }
    state.read += rest.length;
    rest = Buffer.alloc(0);
    state.isSkipping = true;
  };

  return {
    get read() {
      return state.read;
    },
    get size() {
      return state.size;
    },
    get records() {
      return state.records;
    },
    damaged,
    get damagedLines() {
      return state.damaged;
    },
    get isThere() {
      return state.isThere;
    },
    get series() {
      return series.map(({ identity }) => identity);
    },
    columns: (index) => {
      const found = series[index];
      if (found === undefined) throw new RangeError(`no series ${index}`);
      return columnsOf(found);
    },
    grow: (until) => {
      const file = openExisting(path);
      state.isThere = file !== null;
      if (file === null) return false;
      try {
        state.size = fstatSync(file).size;
        if (state.size < state.read) restart(); // written anew, or cut off by a writer that resumed
        while (readChunk(file)) if (performance.now() >= until) return state.read + rest.length < state.size;
        return false;
      } finally {
        closeSync(file);
      }
    },
  };
}

function openExisting(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

interface SpectrumLine extends SeriesIdentity, Readonly<Record<Measure, number>> {
  readonly step: number;
  readonly values: readonly number[];
}

/** The record of a line, or what is wrong with it. */
function recordOf(text: string): SpectrumLine | string {
  let record: SpectrumLine;
  try {
    record = JSON.parse(text); // checked field by field below
  } catch {
    return 'not JSON';
  }
  if (typeof record !== 'object' || record === null) return 'not a record';
  for (const field of ['step', 'layer', 'layers', 'depth', 'floor', ...MEASURES] as const)
    if (!Number.isFinite(record[field])) return `${field} is not a number`;
  for (const field of ['name', 'role', 'stage'] as const)
    if (typeof record[field] !== 'string') return `${field} is not text`;
  if (!isNumbers(record.shape) || record.shape.length !== 2) return 'shape is not two numbers';
  if (!isNumbers(record.quantiles) || !isNumbers(record.values)) return 'quantiles and values are not numbers';
  return record.quantiles.length === record.values.length ? record : 'quantiles and values differ in length';
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => Number.isFinite(entry));
}
