import { significant } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { ListedMatrix } from '../../spectra/scannedMomentum.ts';
import { formatTable } from '../terminal.ts';
import { shapeText } from './matrixNames.ts';

/** The matrices of a checkpoint, one a line. */
export function listTable(matrices: readonly ListedMatrix[], width?: number): string {
  return formatTable(
    [
      { title: 'matrix', align: 'left' },
      { title: 'role', align: 'left' },
      { title: 'layer', align: 'right' },
      { title: 'depth', align: 'right' },
      { title: 'shape', align: 'right' },
      { title: 'type', align: 'left' },
    ],
    matrices.map(({ name, role, layer, layers, depth, shape, dtype }) => [
      printable(name),
      printable(role),
      `${layer} of ${layers}`,
      significant(depth, 3),
      shapeText(shape),
      dtype,
    ]),
    { width },
  );
}
