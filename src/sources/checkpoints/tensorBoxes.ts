/** Ranges of tensors with strides, cut into boxes that can be read one by one. Counts and places are in elements. */

/** Part of a tensor: `counts` indices a dimension; `from` is its first element's place in the storage, `to` in the result. */
export interface Box {
  readonly counts: readonly number[];
  readonly strides: readonly number[];
  readonly resultStrides: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Elements [begin, end) of a flattened tensor. */
export interface TensorRange {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Elements of the storage before the tensor's first. */
  readonly offset: number;
  readonly begin: number;
  readonly end: number;
}

/** Boxes that together are elements [begin, end) of the flattened tensor, in that order. */
export function boxesOf({ shape, strides, offset, begin, end }: TensorRange): readonly Box[] {
  const boxes: Box[] = [];
  const resultStrides = rowMajorStrides(shape);
  /** Elements [first, last) of the part whose leading indices are fixed, from the given dimension on. */
  const cut = (dimension: number, from: number, to: number, first: number, last: number): void => {
    if (first >= last) return;
    const inner = resultStrides[dimension] ?? 1;
    const low = Math.ceil(first / inner);
    const high = Math.floor(last / inner);
    const at = (i: number): [number, number] => [from + i * strides[dimension]!, to + i * inner];
    if (low > high) {
      cut(dimension + 1, ...at(high), first - high * inner, last - high * inner);
      return;
    }
    cut(dimension + 1, ...at(low - 1), first - (low - 1) * inner, inner);
    if (low < high) {
      const [boxFrom, boxTo] = at(low);
      const counts = [high - low, ...shape.slice(dimension + 1)];
      const rest = { strides: strides.slice(dimension), resultStrides: resultStrides.slice(dimension) };
      boxes.push({ counts, ...rest, from: boxFrom, to: boxTo });
    }
    cut(dimension + 1, ...at(high), 0, last - high * inner);
  };
  if (shape.length > 0) cut(0, offset, -begin, begin, end);
  else if (begin < end) boxes.push({ counts: [1], strides: [1], resultStrides: [1], from: offset, to: 0 });
  return boxes;
}

/** Cut along the dimension that makes the span long. */
export function halvesOf(box: Box): readonly [Box, Box] {
  const lengths = box.counts.map((count, i) => (count - 1) * box.strides[i]!);
  const longest = lengths.indexOf(Math.max(...lengths));
  const count = box.counts[longest]!;
  const first = Math.ceil(count / 2);
  return [
    { ...box, counts: box.counts.with(longest, first) },
    {
      ...box,
      counts: box.counts.with(longest, count - first),
      from: box.from + first * box.strides[longest]!,
      to: box.to + first * box.resultStrides[longest]!,
    },
  ];
}

/** Elements of the storage from the first to behind the last one used. */
export function spanOf(counts: readonly number[], strides: readonly number[]): number {
  return counts.reduce((span, count, i) => span + (count - 1) * strides[i]!, 1);
}

/** Strides, in elements, of an array whose last index runs fastest. */
export function rowMajorStrides(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Strides, in elements, of an array whose first index runs fastest, as in Fortran. */
export function columnMajorStrides(shape: readonly number[]): readonly number[] {
  return [...rowMajorStrides([...shape].reverse())].reverse();
}
