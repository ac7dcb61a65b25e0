import type { Command } from 'commander';
import { addNsCompare } from './nsCompare.ts';
import { addNsDesign } from './nsDesign.ts';
import { addNsShow } from './nsShow.ts';

export function addNs(program: Command): void {
  const ns = program
    .command('ns')
    .description('Newton-Schulz schedules: show published ones, design new ones, compare the two')
    .addHelpText('after', '\nExample:\n  muonscope ns show\n  muonscope ns design --help');
  for (const add of [addNsShow, addNsDesign, addNsCompare]) add(ns);
}
