/** How it was made: everything that decides the numbers, and the command or the files they come from. */
import { formatCount, significant } from '../../base/numbers.ts';
import type { TrainedStudy } from '../../store/study.ts';
import { details, section } from '../figure.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import type { ReportData } from '../reportData.ts';
import { type Column, table } from '../table.ts';
import { count, list } from '../wording.ts';

/** The page lists this many corpus files; the study folder lists all. */
const MOST_FILES = 200;

const SOURCE_COLUMNS: readonly Column[] = [
  { title: 'Run' },
  { title: 'Source' },
  { title: 'Format' },
  { title: 'Step', numeric: true },
  { title: 'Spectra', numeric: true },
  { title: 'Skipped', numeric: true },
];

export function methodSection(data: ReportData): Html {
  return section('method', 'How it was made', [
    html`<dl class="facts">${facts(data).map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
`,
    sourceTable(data),
    corpusFiles(data),
    html`<h3>Sources</h3>
<ul class="sources">
<li>Magakyan, Parrilo, Ozdaglar: Spectral Scaling Laws of Muon, <a href="https://arxiv.org/abs/2606.04058">arXiv:2606.04058</a></li>
<li>Selvaraj: Iterative Orthogonalization Scaling Laws, <a href="https://arxiv.org/abs/2505.04005">arXiv:2505.04005</a></li>
<li>Amsel, Persson, Musco, Gower: Polar Express, <a href="https://arxiv.org/abs/2505.16932">arXiv:2505.16932</a></li>
</ul>
`,
  ]);
}

function facts(data: ReportData): (readonly [string, HtmlValue])[] {
  const { study } = data;
  const versions = Object.entries(study.versions).map(([name, version]) => `${name} ${version}`);
  return [
    ...(data.command === null
      ? []
      : [['Command', html`<code class="command">${data.command}</code>`] satisfies readonly [string, HtmlValue]]),
    ...(study.origin === 'trained' ? ([['Preset', study.preset]] as const) : []),
    ['Created', study.created],
    ['Seed', String(study.seed)],
    ...(study.origin === 'trained' ? trainingFacts(data, study) : []),
    ...observedFacts(data),
    ['Versions', versions.join(', ')],
    ...(study.origin === 'trained' ? ([['Machine', machineText(study)]] as const) : []),
  ];
}

function trainingFacts(data: ReportData, study: TrainedStudy): (readonly [string, HtmlValue])[] {
  const { corpus } = study;
  const engines = data.runs.flatMap((run) => (run.origin === 'trained' ? [run.description.engine] : []));
  return [
    ['Ladder', ladderText(study)],
    ['Training', trainingText(study)],
    [
      'Corpus',
      `${corpus.source}: ${count(corpus.files.length, 'file')}, ${formatCount(corpus.tokens)} tokens (${formatCount(corpus.trainTokens)} to train, ${formatCount(corpus.validationTokens)} to validate), vocabulary ${corpus.vocabulary}`,
    ],
    ['Corpus SHA-256', html`<code>${corpus.sha256}</code>`],
    ['Engine', engines.length > 0 ? list([...new Set(engines)]) : '–'],
  ];
}

function observedFacts({ runs }: ReportData): (readonly [string, HtmlValue])[] {
  const observed = runs.filter((run) => run.origin === 'observed');
  if (observed.length === 0) return [];
  const layouts = observed.flatMap(({ sources }) => sources.map(({ layout }) => layout ?? 'log'));
  const methods = observed.flatMap((run) => run.methods);
  return [
    [
      'Observed',
      `${list(observed.map(({ description }) => description.run))}; trained elsewhere, nothing is known of data and rates`,
    ],
    ['Found as', layouts.length > 0 ? list([...new Set(layouts)]) : '–'],
    ['Computed by', list([...new Set(methods)])],
  ];
}

function machineText({ machine }: TrainedStudy): string {
  return `${machine.cpu}, ${count(machine.cores, 'core')}, ${significant(machine.memoryBytes / 2 ** 30)} GiB, ${machine.platform}`;
}

function ladderText({ ladder }: TrainedStudy): string {
  return ladder
    .map(({ run, config, params }) => `${run} (${config.model.layers} × ${config.model.width}, ${formatCount(params)})`)
    .join(', ');
}

/** The training configuration of the largest rung; the others differ in size. */
function trainingText({ ladder }: TrainedStudy): string {
  const rung = ladder.at(-1);
  if (rung === undefined) return '–';
  const { config, every } = rung;
  const { muon } = config;
  return (
    `${rung.run}: ${config.steps} steps of ${config.batch * config.accumulation} × ${config.model.context} tokens; ` +
    `Muon with ${muon.schedule.name}, learning rate ${significant(muon.learningRate)}, momentum ${significant(muon.momentum)} ` +
    `(${muon.convention}${muon.nesterov ? ', Nesterov' : ''}); AdamW for the rest, learning rate ${significant(config.adamw.learningRate)}; ` +
    `spectra every ${count(every, 'step')}`
  );
}

/** Where the spectra of observed runs came from, one row a checkpoint or log. */
function sourceTable({ runs }: ReportData): Html {
  const sources = runs.flatMap((run) =>
    run.origin === 'observed' ? run.sources.map((source) => ({ run: run.description.run, source })) : [],
  );
  if (sources.length === 0) return html``;
  const shown = sources.slice(-MOST_FILES);
  const rows = shown.map(({ run, source: { name, format, layout, step, spectra, skipped } }) => ({
    cells: [run, name, layout === null ? format : `${format}, ${layout}`, step ?? '–', spectra, skipped.length],
  }));
  const part = shown.length < sources.length ? `The last ${shown.length} of ${sources.length}` : 'All';
  return details(
    count(sources.length, 'checkpoint or log', 'checkpoints and logs'),
    table(`${part} checkpoints and logs, in the order they were read`, SOURCE_COLUMNS, rows),
  );
}

function corpusFiles({ study }: ReportData): Html {
  if (study.origin !== 'trained') return html``;
  const { files } = study.corpus;
  if (files.length === 0) return html``;
  const rows = files.slice(0, MOST_FILES).map(({ path, bytes }) => ({ cells: [path, formatCount(bytes)] }));
  const caption =
    rows.length < files.length
      ? `The first ${rows.length} of ${files.length} files, in order`
      : 'Files of the corpus, in order';
  return details(
    count(files.length, 'file of the corpus', 'files of the corpus'),
    table(caption, [{ title: 'File' }, { title: 'Bytes', numeric: true }], rows),
  );
}
