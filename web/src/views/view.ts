/** What a view is and what it is given. */
import type { Component } from 'svelte';
import type { PageStudy } from '../../../src/workflows/pageData.ts';
import type { PageSource } from '../data/source.ts';
import type { Params } from '../permalink.ts';

export interface ViewProps {
  readonly source: PageSource;
  /** The study shown. */
  readonly study: PageStudy;
  /** All studies, to compare with. */
  readonly studies: readonly PageStudy[];
  /** The view's own part of the address. */
  readonly params: Params;
  /** Changes some of them; empty text removes one. */
  readonly set: (changed: Params) => void;
  /** Grows whenever files of the study change: read it in what loads data. */
  readonly version: number;
}

export interface View {
  /** In the address: lower-case letters and hyphens. */
  readonly id: string;
  readonly title: string;
  /** Loaded when first opened. */
  readonly load: () => Promise<{ readonly default: Component<ViewProps> }>;
}
