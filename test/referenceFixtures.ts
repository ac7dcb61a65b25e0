/** Reads the reference numbers of fixtures/ (their origin and meaning: fixtures/README.md). */
import { readFileSync } from 'node:fs';
import type { NsCoefficients, NsEntry } from '../src/newtonSchulz/schedule.ts';
import type { AdamWConfig, GptConfig, MuonConfig, RateSchedule } from '../src/train/config.ts';

/** An array as the reference scripts write it: little-endian, row-major. */
export interface EncodedArray {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float64';
  readonly base64: string;
}

export type EncodedArrays = Readonly<Record<string, EncodedArray>>;

/** A schedule as the reference scripts name it; the rest of an NsSchedule does not enter the arithmetic. */
export interface ReferenceSchedule {
  readonly coefficients: readonly NsCoefficients[];
  readonly entry: NsEntry;
}

export type ReferenceMuon = Omit<MuonConfig, 'schedule' | 'schedules'>;

export interface GptTraining {
  readonly steps: number;
  readonly accumulation: number;
  /** Key of {@link GptFixture.schedules}. */
  readonly schedule: string;
  readonly adamw: AdamWConfig;
  readonly muon: ReferenceMuon;
  readonly rate: RateSchedule;
  /** [step][evaluation][sequence][position], context + 1 positions. */
  readonly tokens: readonly (readonly (readonly (readonly number[])[])[])[];
  /** Mean over the evaluations of a step, before its update. */
  readonly losses: readonly number[];
  readonly finalWeights: EncodedArrays;
  readonly float32Deviation: { readonly loss: number; readonly weight: number };
}

export interface GptFixture {
  readonly model: GptConfig;
  readonly batch: number;
  readonly schedules: Readonly<Record<string, ReferenceSchedule>>;
  readonly weights: EncodedArrays;
  /** [sequence][position], context + 1 positions. */
  readonly tokens: readonly (readonly number[])[];
  readonly loss: number;
  readonly gradients: EncodedArrays;
  readonly float32Deviation: { readonly loss: number; readonly gradient: number };
  readonly trainings: Readonly<Record<string, GptTraining>>;
}

export interface MuonCase {
  readonly shape: string;
  readonly muon: ReferenceMuon;
  readonly schedule: string;
  readonly float32Deviation: number;
  /** By step, "1" and "50". */
  readonly after: Readonly<Record<string, Record<'weight' | 'momentum' | 'update', EncodedArray>>>;
}

export interface MuonFixture {
  readonly steps: number;
  readonly schedules: Readonly<Record<string, ReferenceSchedule>>;
  /** gradients: (steps, rows, columns). */
  readonly shapes: Readonly<Record<string, { readonly weight: EncodedArray; readonly gradients: EncodedArray }>>;
  readonly cases: readonly MuonCase[];
}

/** A tiny GPT: loss, gradients and two trainings. */
export function readGptFixture(): GptFixture {
  return JSON.parse(readFixture('gpt/tinyGpt.json'));
}

/** Muon on single matrices over 50 steps. */
export function readMuonFixture(): MuonFixture {
  return JSON.parse(readFixture('muon/singleMatrix.json'));
}

/** The values of `array`, row-major, widened to float64. */
export function decodeArray(array: EncodedArray): Float64Array {
  const bytes = new Uint8Array(Buffer.from(array.base64, 'base64')).buffer;
  return array.dtype === 'float64' ? new Float64Array(bytes) : Float64Array.from(new Float32Array(bytes));
}

function readFixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
}
