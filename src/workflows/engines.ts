/** Engines a command can ask for. This file stays light: commands load it to list their flags. */
import type { EngineName } from '../graph/engine.ts';

export type { EngineName };

export const ENGINES: readonly EngineName[] = ['cpu', 'webgpu', 'cuda'];
