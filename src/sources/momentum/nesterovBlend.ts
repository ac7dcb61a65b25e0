/** What NS receives under Nesterov, from the buffer and the gradient that a checkpoint keeps beside it. */
import type { Matrix } from '../../linalg/matrix.ts';
import type { CheckpointTensor, CheckpointValue } from '../checkpoints/checkpoint.ts';
import type { MomentumConvention } from '../momentumSample.ts';
import { isTensor, leavesOf, type TreeMap, wordsOf } from './checkpointTree.ts';
import { type MatrixView, readView } from './matrixView.ts';
import { plainName } from './roles.ts';

/** Maps of gradients by the parameter's name: {"gradients": {name: p.grad for name, p in model.named_parameters()}}. */
const GRADIENT_KEYS: ReadonlySet<string> = new Set(['gradients', 'gradient', 'grads', 'grad']);

/** Gradients of a tree by the plain name of their parameter, nested or as "gradients.NAME". */
export function gradientsIn(tree: TreeMap): ReadonlyMap<string, CheckpointTensor> {
  const entries = [...tree].filter(([key]) => GRADIENT_KEYS.has(wordsOf([key])[0] ?? ''));
  return new Map(entries.flatMap(([key, value]) => gradientsBelow(key, value)));
}

function gradientsBelow(key: string, value: CheckpointValue): readonly (readonly [string, CheckpointTensor])[] {
  return leavesOf(value).flatMap(({ path, value: leaf }): [string, CheckpointTensor][] =>
    isTensor(leaf)
      ? [
          [
            plainName(
              wordsOf([key, ...path])
                .slice(1)
                .join('.'),
            ),
            leaf,
          ],
        ]
      : [],
  );
}

/** The update rule whose NS input is asked for. */
export interface Blend {
  /** mu */
  readonly momentum: number;
  readonly convention: MomentumConvention;
}

/**
 * average: (1 - mu) G + mu M; sum: G + mu M; with M after it took G in.
 *
 * @param view of the buffer
 * @param gradient the same elements of the gradient
 * @source torch/optim/_muon.py (2.15) and MoonshotAI/Moonlight c2ad5b2, the two conventions
 */
export async function readBlend(
  view: MatrixView,
  gradient: MatrixView,
  { momentum, convention }: Blend,
): Promise<Matrix> {
  const buffer = await readView(view);
  const { data } = await readView(gradient);
  const share = convention === 'average' ? 1 - momentum : 1;
  const blended = buffer.data.map((m, i) => momentum * m + share * (data[i] ?? 0)); // equal lengths: equal views
  return { ...buffer, data: blended };
}
