import { mount } from 'svelte';
import './page.css';
import { httpSource } from './data/httpSource.ts';
import Shell from './shell/Shell.svelte';
import { adoptColours } from './shell/theme.ts';

adoptColours();
mount(Shell, { target: document.getElementById('page') ?? document.body, props: { source: httpSource() } });
