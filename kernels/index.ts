/** What the module offers to src/linalg/kernels.ts; the other exports keep hot loops apart (see tiles.ts). */
export { packAcross32, packAcross64, packAlong32, packAlong64, addGram, mirrorDiagonalBlocks } from './gram';
export { bandScratchBytes, reduceToBand } from './band';
export { reduceToTridiagonal } from './tridiagonal';
export { tridiagonalEigenvalues } from './eigenvalues';
export { bisectEigenvalues } from './sturm';
export { reduceToBidiagonal, multiplyReflections } from './bidiagonal';
export { addTransposedProduct, productScratchBytes } from './product';
export { bidiagonalVectors, bidiagonalScratchBytes } from './bidiagonalQr';

export { addProduct, addDots } from './tiles';
export { doublePacked } from './gram';
export { transposeBlock, addHalves, packFactors } from './band';
export { factorPanel, applyReflector, dot } from './panel';
export {
  chase,
  reflector16,
  similarity16,
  symmetricTimesVector16,
  blockTimesVector16,
  passRight16,
} from './tridiagonal';
export { qlSweep } from './eigenvalues';
export { doubleColumns } from './product';
export { sturmCounts, bisectLanes } from './sturm';
export { addRows, reflectRow, reflectFour } from './bidiagonal';
export { applySweeps, rotateStrip } from './rotations';
export { sweep } from './bidiagonalQr';

/** First byte that kernels leave free. */
export function heapBase(): usize {
  return __heap_base;
}
