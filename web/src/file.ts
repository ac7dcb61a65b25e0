/** The page of a single file: what `report` writes. */
import { mount } from 'svelte';
import './page.css';
import { snapshotSource } from './data/snapshotSource.ts';
import Shell from './shell/Shell.svelte';
import { adoptColours } from './shell/theme.ts';

adoptColours();
const data = document.getElementById('snapshot')?.textContent ?? '';
mount(Shell, {
  target: document.getElementById('page') ?? document.body,
  props: { source: snapshotSource(JSON.parse(data)) },
});
