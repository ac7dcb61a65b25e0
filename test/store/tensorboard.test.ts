import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seriesOf } from '../../src/store/series.ts';
import { crc32c, eventsFileName, formatEvents } from '../../src/store/tensorboard.ts';
import { formatTrackioRun, TRACKIO_SCRIPT, TRACKIO_SCRIPT_NAME } from '../../src/store/trackio.ts';
import { pythonWith, runPython } from '../python.ts';
import { metricsAt, run, spectrumAt, temporaryFolder } from './exampleRecords.ts';

const RUN = {
  origin: 'trained',
  description: run,
  metrics: [1, 2, 300].map(metricsAt),
  spectra: [spectrumAt(2), { ...spectrumAt(300), stage: 'buffer' as const }],
  cut: [],
} as const;
const BEGUN = 1_700_000_000;

it('the checksum is CRC-32C', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa); // RFC 3720, B.4
});

it('a run is a series a name, steps ascending, without what is no number', () => {
  const series = seriesOf(RUN);
  expect(series.map(({ step }) => step)).toEqual([1, 2, 300]);
  expect([...series[0]!.values.keys()]).toEqual(['training/loss', 'training/learning_rate', 'training/tokens']);
  expect(series[1]?.values.get('layers.0.attn.q/q0.5')).toBe(spectrumAt(2).values[4]);
  expect(series[2]?.values.has('layers.0.attn.q (buffer)/q0.5')).toBe(true);
  expect(series[2]?.seconds).toBe(0.75);
});

function expectedScalars(): Record<string, unknown> {
  const scalars: Record<string, (readonly [number, number])[]> = {};
  for (const { step, values } of seriesOf(RUN))
    for (const [name, value] of values) scalars[name] = [...(scalars[name] ?? []), [step, Math.fround(value)]];
  return scalars;
}

const tensorboard = pythonWith('__import__("tensorboard")');

describe.skipIf(tensorboard === null)(
  'TensorBoard (pip install tensorboard, and name its Python in MUONSCOPE_PYTHON)',
  () => {
    it('reads every number of an event file', () => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, eventsFileName(BEGUN)), formatEvents(seriesOf(RUN), BEGUN));
      const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
reader = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
reader.Reload()
scalars = {tag: [[e.step, e.value] for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
times = [e.wall_time for e in reader.Scalars("training/loss")]
print(json.dumps({"scalars": scalars, "times": times, "version": reader.file_version}))`;
      expect(runPython(tensorboard!, script, [folder])).toEqual({
        scalars: expectedScalars(),
        times: [BEGUN + 0.25, BEGUN + 0.5, BEGUN + 0.75],
        version: 2,
      });
    });
  },
);

const trackio = pythonWith('__import__("trackio")');

describe.skipIf(trackio === null)('trackio (pip install trackio, and name its Python in MUONSCOPE_PYTHON)', () => {
  it('takes the runs by the script beside them, and gives their numbers back', () => {
    const folder = temporaryFolder();
    const home = join(folder, 'trackio');
    mkdirSync(home);
    writeFileSync(join(folder, 'gpt.jsonl'), formatTrackioRun(seriesOf(RUN)));
    writeFileSync(join(folder, TRACKIO_SCRIPT_NAME), TRACKIO_SCRIPT);
    const script = `
import json, runpy, sys
sys.argv = [sys.argv[1], "study"]
runpy.run_path(sys.argv[0], run_name="__main__")
from trackio.sqlite_storage import SQLiteStorage
logs = SQLiteStorage.get_logs("study", "gpt")
print(json.dumps([{k: v for k, v in log.items() if k != "timestamp"} for log in logs]))`;
    const variables = { TRACKIO_DIR: home, HF_HUB_OFFLINE: '1' };
    const logs = runPython(trackio!, script, [join(folder, TRACKIO_SCRIPT_NAME)], variables);
    expect(logs).toEqual(seriesOf(RUN).map(({ step, values }) => ({ step, ...Object.fromEntries(values) })));
  });
});
