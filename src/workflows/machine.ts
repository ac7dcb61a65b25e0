/** What a study was made with: machine and software. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../sources/text/installedText.ts';
import type { TrainedStudy } from '../store/study.ts';

/** The machine this process runs on. */
export function describeMachine(): TrainedStudy['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Bytes of memory this process may use: those of the machine, or of its control group if that has fewer. */
export function usableMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Versions of Muonscope, Node and the matrix engine. */
export function softwareVersions(): Readonly<Record<string, string>> {
  const root = findPackageRoot();
  return {
    muonscope: versionIn(join(root, 'package.json')),
    node: process.versions.node,
    'onnxruntime-node': versionIn(join(root, 'node_modules', 'onnxruntime-node', 'package.json')),
  };
}

function versionIn(path: string): string {
  try {
    const description: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof description === 'object' && description !== null && 'version' in description)
      return String(description.version);
  } catch {
    // Installed elsewhere, e.g. hoisted by another package manager: the version is a note, not an input.
  }
  return 'unknown';
}
