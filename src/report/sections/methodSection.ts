/** How it was made: everything that decides the numbers, and the command that makes them again. */
import { formatCount, significant } from '../../base/numbers.ts';
import { details, section } from '../figure.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import type { ReportData } from '../reportData.ts';
import { table } from '../table.ts';
import { count, list } from '../wording.ts';

/** The page lists this many corpus files; the study folder lists all. */
const MOST_FILES = 200;

export function methodSection(data: ReportData): Html {
  return section('method', 'How it was made', [
    html`<dl class="facts">${facts(data).map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
`,
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
  const { corpus, machine } = study;
  const versions = Object.entries(study.versions).map(([name, version]) => `${name} ${version}`);
  const engines = [...new Set(data.runs.map(({ description }) => description.engine))];
  return [
    ['Command', html`<code class="command">${data.command}</code>`],
    ['Preset', study.preset],
    ['Created', study.created],
    ['Seed', String(study.seed)],
    ['Ladder', ladderText(data)],
    ['Training', trainingText(data)],
    [
      'Corpus',
      `${corpus.source}: ${count(corpus.files.length, 'file')}, ${formatCount(corpus.tokens)} tokens (${formatCount(corpus.trainTokens)} to train, ${formatCount(corpus.validationTokens)} to validate), vocabulary ${corpus.vocabulary}`,
    ],
    ['Corpus SHA-256', html`<code>${corpus.sha256}</code>`],
    ['Engine', engines.length > 0 ? list(engines) : '–'],
    ['Versions', versions.join(', ')],
    [
      'Machine',
      `${machine.cpu}, ${count(machine.cores, 'core')}, ${significant(machine.memoryBytes / 2 ** 30)} GiB, ${machine.platform}`,
    ],
  ];
}

function ladderText({ study }: ReportData): string {
  return study.ladder
    .map(({ run, config, params }) => `${run} (${config.model.layers} × ${config.model.width}, ${formatCount(params)})`)
    .join(', ');
}

/** The training configuration of the largest rung; the others differ in size. */
function trainingText({ study }: ReportData): string {
  const rung = study.ladder.at(-1);
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

function corpusFiles({ study }: ReportData): Html {
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
