/**
 * Runs for trackio: a file of JSON lines a run, and a Python script that logs them into one project.
 *
 * trackio keeps projects in a database of its own version, and its import of CSV files takes one run a project and cuts the
 * names of columns to ten characters; its logging interface is what is meant to stay.
 */
import type { SeriesStep } from './series.ts';

/** Lines { "step", "metrics" } of one run. */
export function formatTrackioRun(steps: readonly SeriesStep[]): string {
  return steps.map(({ step, values }) => `${JSON.stringify({ step, metrics: Object.fromEntries(values) })}\n`).join('');
}

/** The name under which {@link TRACKIO_SCRIPT} stands beside the runs. */
export const TRACKIO_SCRIPT_NAME = 'log_to_trackio.py';

/** Python 3.10 or newer, with trackio installed. */
export const TRACKIO_SCRIPT = `"""Logs the runs beside this file into a trackio project: python log_to_trackio.py [PROJECT]"""

import json
import pathlib
import sys

import trackio

project = sys.argv[1] if len(sys.argv) > 1 else "muonscope"
for path in sorted(pathlib.Path(__file__).parent.glob("*.jsonl")):
    trackio.init(project=project, name=path.stem)
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        trackio.log(record["metrics"], step=record["step"])
    trackio.finish()
print(f"logged; show it with: trackio show --project {project}")
`;
