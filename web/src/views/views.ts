/** The views in the order of the navigation. */
import type { View } from './view.ts';

export const VIEWS: readonly View[] = [
  { id: 'runs', title: 'Runs', load: () => import('./runs/Runs.svelte') },
  { id: 'spectra', title: 'Spectra', load: () => import('./spectra/Spectra.svelte') },
  { id: 'laws', title: 'Laws', load: () => import('./laws/Laws.svelte') },
  { id: 'plan', title: 'Plan', load: () => import('./plan/Plan.svelte') },
  { id: 'lab', title: 'NS lab', load: () => import('./lab/Lab.svelte') },
  { id: 'experiments', title: 'Random and dynamics', load: () => import('./experiments/Experiments.svelte') },
];
