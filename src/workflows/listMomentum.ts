/** Which matrices checkpoints hold, without reading them. */
import type { ListedMomentum, SkippedMatrix } from '../spectra/scannedMomentum.ts';
import { chooseMatrices } from './chooseMatrices.ts';
import { describeCheckpoint, leftOut, type OpenedMomentum, type ScanRequest } from './scan.ts';

/** @param open the checkpoints; each is closed before the next one is opened */
export async function listMomentum(
  open: readonly (() => Promise<OpenedMomentum>)[],
  request: ScanRequest,
): Promise<ListedMomentum> {
  const checkpoints: ListedMomentum['checkpoints'][number][] = [];
  const skipped: SkippedMatrix[] = [];
  for (const openNext of open) {
    const opened = await openNext();
    try {
      const { found } = opened;
      skipped.push(...leftOut(opened));
      checkpoints.push({
        ...describeCheckpoint(opened, request),
        params: request.params ?? found.params,
        nonEmbeddingParams: request.nonEmbeddingParams ?? found.nonEmbeddingParams,
        matrices: chooseMatrices(found.matrices, request).map(({ name, role, layer, layers, dtype, shape }) => ({
          name,
          role,
          layer,
          layers,
          depth: (layer + 1) / layers,
          dtype,
          shape,
        })),
      });
    } finally {
      await opened.close();
    }
  }
  return { schema: 'muonscope.scan-list/1', checkpoints, skipped };
}
