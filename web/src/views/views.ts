/** The views in the order of the navigation. */
import type { View } from './view.ts';

export const VIEWS: readonly View[] = [
  { id: 'spectra', title: 'Spectra', load: () => import('./spectra/Spectra.svelte') },
  { id: 'laws', title: 'Laws', load: () => import('./laws/Laws.svelte') },
  { id: 'plan', title: 'Plan', load: () => import('./plan/Plan.svelte') },
];
