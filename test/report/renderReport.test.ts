import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { answer, decadesBeyond } from '../../src/report/answer.ts';
import { renderReport } from '../../src/report/renderReport.ts';
import type { ReportData } from '../../src/report/reportData.ts';
import { asObserved, type SyntheticStudy, syntheticStudy, withoutLaws } from './syntheticStudy.ts';

const HOSTILE = `"><script>alert(1)</script>' onload=x <img src=x onerror=y>\u0007${'\ud800'}`;
const SMALL = { rungs: 2, roles: ['attn.q', 'mlp.down'], depths: [0.5, 1] };

/** What no page should hold: numbers that are none, and objects turned into text. */
const BROKEN = /NaN|Infinity|undefined|\[object/;

describe('renderReport', () => {
  const report = renderReport(syntheticStudy(7));
  const { document } = parseHTML(report.html);

  test('holds the sections in order, each with its heading, and a link to each', () => {
    const ids = [...document.querySelectorAll('section')].map((section) => section.id);
    expect(ids).toEqual(['answer', 'runs', 'stability', 'laws', 'newton-schulz', 'plan', 'method']);
    const links = [...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href'));
    expect(links).toEqual(ids.map((id) => `#${id}`));
    for (const section of document.querySelectorAll('section'))
      expect(section.querySelector('h2')?.id).toBe(section.getAttribute('aria-labelledby'));
  });

  test('requests nothing and runs nothing', () => {
    expect(document.querySelectorAll('script, img, iframe, object, embed').length).toBe(0);
    expect([...document.querySelectorAll('link')].map((l) => l.getAttribute('href'))).toEqual(['data:,']);
    expect(report.html).not.toMatch(/url\(|@import/);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content');
    expect(policy).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; img-src data:/);
  });

  test('every chart is named, captioned and keyboard-scrollable; every table names its rows and columns', () => {
    for (const figure of document.querySelectorAll('figure')) {
      expect(figure.querySelector('svg[role=img]')?.getAttribute('aria-label')).toBeTruthy();
      expect(figure.querySelector('figcaption')?.textContent).toBeTruthy();
      expect(figure.querySelector('.scroll')?.getAttribute('tabindex')).toBe('0');
    }
    for (const table of document.querySelectorAll('table')) {
      expect(table.getAttribute('aria-label')).toBeTruthy();
      expect(table.querySelectorAll('thead th[scope=col]').length).toBeGreaterThan(1);
      expect(table.querySelectorAll('tbody th[scope=row]').length).toBeGreaterThan(0);
    }
  });

  test('the plan has one row a layer, its reasons under it', () => {
    expect(document.querySelectorAll('#plan tr.noted').length).toBe(24);
    expect(document.querySelectorAll('#plan tr.note details').length).toBe(24);
  });

  test('stays under 1.5 MB for five runs of six roles at four depths', () => {
    expect(report.html.length).toBeLessThan(1.5e6);
  });

  test('shows the scaling sentences, the published exponents and how to make it again', () => {
    const text = document.body.textContent;
    expect(text).toContain('The final mlp.down falls fastest');
    expect(text).toContain('Published [95 %]');
    expect(text).toContain('muonscope study --preset quick --seed 7 --target 1.6B');
    expect(text).toContain('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08');
  });
});

describe('hostile text', () => {
  const report = renderReport(hostileStudy());

  test('never becomes markup, in the page or in a chart', () => {
    const { document } = parseHTML(report.html);
    expect(document.querySelectorAll('script, img, [onload], [onerror]').length).toBe(0);
    expect(document.body.textContent).toContain('<script>alert(1)</script>');
    for (const { svg } of report.charts) {
      expect(svg).not.toMatch(/<script|<img/);
      expect(svg).not.toMatch(/\p{Surrogate}/u);
    }
  });

  test('gives charts names that are safe and differ', () => {
    const names = report.charts.map((chart) => chart.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});

describe('studies with parts missing', () => {
  const full = syntheticStudy(1, SMALL);
  const first = full.runs[0]!;
  const unfinished = { ...first, metrics: [], summary: null };
  const cases: Record<string, ReportData> = {
    'no runs at all': { ...withoutLaws(full), runs: [], tracked: [] },
    'one run, no laws': withoutLaws(syntheticStudy(1, { ...SMALL, rungs: 1 })),
    'laws without a plan': { ...full, plan: null, responses: [] },
    'a run that has not started': { ...full, runs: [unfinished, ...full.runs.slice(1)] },
    'observed runs alone': asObserved(full),
    'an observed run without spectra': {
      ...withoutLaws(asObserved(full)),
      runs: asObserved(full).runs.map((run) => ({ ...run, model: null, matrices: 0, steps: [], sources: [] })),
      tracked: [],
    },
    'observed runs beside trained ones': { ...full, runs: [...full.runs, ...asObserved(full).runs] },
    'a plan without layers': { ...full, plan: { ...full.plan!, layers: [], flops: 0, saved: 0 } },
  };

  test.each(Object.entries(cases))('%s: said in words, without broken numbers', (_, data) => {
    const { html, charts } = renderReport(data);
    for (const text of [html, ...charts.map((chart) => chart.svg)]) expect(text).not.toMatch(BROKEN);
    expect(parseHTML(html).document.querySelectorAll('section').length).toBe(7);
  });

  test('numbers that are not finite become dashes or gaps', () => {
    const { html, charts } = renderReport(brokenNumbers(full));
    for (const text of [html, ...charts.map((chart) => chart.svg)]) expect(text).not.toMatch(BROKEN);
    expect(html).toContain('–');
  });

  test('of observed runs the page says that they were trained elsewhere, and from which files it knows them', () => {
    const { document } = parseHTML(renderReport(asObserved(full)).html);
    const text = document.body.textContent;
    expect(text).toContain('2 models of 65.5k to 135k parameters were trained elsewhere with Muon and observed here');
    expect(text).toContain('4x32/step_300.pt');
    expect(text).not.toMatch(/were trained with Muon|Validation loss|Corpus|Preset/);
  });

  test('without laws the page says so', () => {
    const { html } = renderReport(withoutLaws(full));
    expect(html).toContain('No scaling law could be fitted');
    expect(html).toContain('Without laws there is no plan.');
  });
});

describe('renderReport refuses', () => {
  const full = syntheticStudy(1, SMALL);

  test('a planned schedule without its response curve', () => {
    expect(() => renderReport({ ...full, responses: [] })).toThrow(DomainError);
    expect(() => renderReport({ ...full, responses: [] })).toThrow(
      'report: the plan names the schedule jordan x5, whose response curve is missing; pass one',
    );
  });

  test('a law without its forecast curve', () => {
    expect(() => renderReport({ ...full, forecasts: [] })).toThrow(
      'report: the law of attn.q at depth 0.5, q = 0.1, has no forecast curve; pass one for every law',
    );
  });

  test('steps and values of different length', () => {
    const [first, ...others] = full.tracked;
    const cut = { ...first!, trajectory: { ...first!.trajectory, values: [1] } };
    expect(() => renderReport({ ...full, tracked: [cut, ...others] })).toThrow(
      'report: attn.q of 4x32 has 100 steps and 1 values; each step needs one value',
    );
  });
});

describe('answer', () => {
  const data = syntheticStudy(7);

  test('says in order what was trained, what settled, the laws, the plan and its reach', () => {
    const [trained, settled, laws, plan, reach] = answer(data);
    expect(trained).toBe(
      '5 language models of 65.5k to 1.64M parameters were trained with Muon on 1.02M tokens each; ' +
        'the validation loss falls from 2.12 to 1.48 nats a token.',
    );
    expect(settled).toBe(
      "Of 600 tracked quantiles of the momentum's singular values, 555 (93 %) settled, 25 still drifted and 20 had too few samples to tell.",
    );
    expect(laws).toMatch(/for mlp\.down at depth 1 \(95 % intervals\)\.$/);
    expect(plan).toMatch(/lifts the singular value at q = 0.5 to 0.7 or more in all 24 roles and depths;/);
    expect(plan).toMatch(/as many in 22 and more in 2\. Altogether it costs 4\.7 % more Newton-Schulz flops/);
    expect(reach).toMatch(/^The target lies 3\.0 decades beyond/);
  });

  test('counts decades from the largest size of the ladder, none for a target inside it', () => {
    const largest = data.runs.at(-1)!.description.params;
    expect(decadesBeyond(data, data.plan!)).toBeCloseTo(Math.log10(1.6e9 / largest), 12);
    expect(decadesBeyond(data, { ...data.plan!, target: { params: 1e5, width: 48, layers: 4 } })).toBe(0);
  });

  test('says how many cells miss the floor', () => {
    const plan = data.plan!;
    const missed = plan.layers.map((layer, i) =>
      i < 2 ? { ...layer, output: { value: 0.4, low: 0.1, high: 0.5 } } : layer,
    );
    const sentences = answer({ ...data, plan: { ...plan, met: false, layers: missed } });
    expect(sentences.join(' ')).toContain('or more in 22 of 24 roles and depths');
    expect(sentences).toContain('The criterion is not met everywhere; the reasons in the plan say where it fails.');
    expect(renderReport({ ...data, plan: { ...plan, met: false, layers: missed } }).html).toContain('below the floor');
  });
});

function hostileStudy(): ReportData {
  const data = syntheticStudy(1, SMALL);
  const names = data.runs.map((_, i) => `${HOSTILE}${i}`);
  const plan = data.plan!;
  return {
    ...data,
    command: HOSTILE,
    statements: [HOSTILE],
    study: { ...data.study, preset: HOSTILE, created: HOSTILE, versions: { [HOSTILE]: HOSTILE } },
    runs: data.runs.map((run, i) => ({ ...run, description: { ...run.description, run: names[i]! } })),
    tracked: data.tracked.map(({ trajectory, plateau }) => ({
      trajectory: {
        ...trajectory,
        run: `${HOSTILE}${trajectory.run === '4x32' ? 0 : 1}`,
        role: `${HOSTILE}${trajectory.role}`,
      },
      plateau: { ...plateau, verdict: 'drifting', reason: HOSTILE },
    })),
    plan: {
      ...plan,
      warnings: [HOSTILE],
      baseline: { ...plan.baseline, name: HOSTILE },
      layers: plan.layers.map((layer) => ({ ...layer, reasons: [HOSTILE, HOSTILE] })),
    },
    responses: [...data.responses, { ...data.responses[0]!, name: HOSTILE }],
  };
}

/** Everything that may honestly be missing or unbounded in the numbers of a study. */
function brokenNumbers(data: SyntheticStudy): ReportData {
  const laws = data.laws!;
  return {
    ...data,
    runs: data.runs.map((run) => ({
      ...run,
      metrics: run.metrics.map((record, i) =>
        i > 200 ? { ...record, loss: Number.NaN, validationLoss: Number.NaN } : record,
      ),
      summary: { ...run.summary!, finalLoss: Number.NaN, validationLoss: null },
    })),
    tracked: data.tracked.map(({ trajectory, plateau }) => ({
      trajectory,
      plateau: { ...plateau, verdict: 'too short', value: null, drift: Number.NaN, driftError: Number.NaN },
    })),
    laws: {
      ...laws,
      laws: laws.laws.map((law) => ({
        ...law,
        low: Number.NEGATIVE_INFINITY,
        high: Number.POSITIVE_INFINITY,
        r2: Number.NaN,
        baselineExponent: null,
      })),
      pooled: laws.pooled.map((law) => ({ ...law, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY })),
    },
    forecasts: data.forecasts.map((curve) => ({
      ...curve,
      points: curve.points.map((point) => ({ ...point, low: 0, high: Number.POSITIVE_INFINITY })),
    })),
  };
}
