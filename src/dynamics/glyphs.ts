/**
 * Glyphs: digits drawn at random places, sizes and brightness over noise and clutter; a task that needs learning and comes
 * from a seed alone.
 *
 * Each image holds one whole digit (the class) magnified 1.4 to 2 times, and fragments of others: squares of 3 x 3 dots, too
 * little to be read. Background brightness and contrast vary from image to image.
 */
import { createLabelledRandom, type Random } from '../base/random.ts';
import type { ImageSet } from '../train/images.ts';

/** 5 x 7 dots, rows from the top; drawn for this file. */
const FONT: readonly (readonly string[])[] = [
  ['.###.', '#...#', '#..##', '#.#.#', '##..#', '#...#', '.###.'],
  ['..#..', '.##..', '..#..', '..#..', '..#..', '..#..', '.###.'],
  ['.###.', '#...#', '....#', '...#.', '..#..', '.#...', '#####'],
  ['####.', '....#', '....#', '.###.', '....#', '....#', '####.'],
  ['...#.', '..##.', '.#.#.', '#..#.', '#####', '...#.', '...#.'],
  ['#####', '#....', '####.', '....#', '....#', '#...#', '.###.'],
  ['.###.', '#....', '#....', '####.', '#...#', '#...#', '.###.'],
  ['#####', '....#', '...#.', '..#..', '..#..', '.#...', '.#...'],
  ['.###.', '#...#', '#...#', '.###.', '#...#', '#...#', '.###.'],
  ['.###.', '#...#', '#...#', '.####', '....#', '....#', '.###.'],
];
const WIDTH = 5;
const HEIGHT = 7;

/** Standard deviation of the pixel noise, against a contrast of about 1. */
const NOISE = 0.15;
const FRAGMENTS = 2;
/** Magnification of the digit. */
const SCALES = [1.4, 2] as const;

/** `count` images of `side` pixels, at least 15. Same seed and label, same images. */
export function drawGlyphs(count: number, side: number, seed: number, label: string): ImageSet {
  const random = createLabelledRandom(seed, `glyphs ${label}`);
  const pixels = new Float32Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = random.integer(FONT.length);
    drawImage(pixels.subarray(i * side * side, (i + 1) * side * side), side, labels[i], random);
  }
  return { side, channels: 1, classes: FONT.length, pixels, labels };
}

function drawImage(image: Float32Array, side: number, digit: number, random: Random): void {
  const background = 0.4 * (random.uniform() - 0.5);
  const contrast = 0.7 + 0.6 * random.uniform();
  image.fill(background);
  for (let k = 0; k < FRAGMENTS; k++) drawFragment(image, side, contrast, random);
  const scale = SCALES[0] + random.uniform() * (SCALES[1] - SCALES[0]);
  const left = random.uniform() * (side - WIDTH * scale);
  const top = random.uniform() * (side - HEIGHT * scale);
  stamp(image, side, FONT[digit], { left, top, scale }, background + contrast);
  for (let i = 0; i < image.length; i++) image[i] += NOISE * random.gaussian();
}

/** 3 x 3 dots of a digit, anywhere. */
function drawFragment(image: Float32Array, side: number, contrast: number, random: Random): void {
  const glyph = FONT[random.integer(FONT.length)];
  const [rows, columns] = [3, 3];
  const [fromRow, fromColumn] = [random.integer(HEIGHT - rows + 1), random.integer(WIDTH - columns + 1)];
  const part = glyph.slice(fromRow, fromRow + rows).map((row) => row.slice(fromColumn, fromColumn + columns));
  const place = { left: random.uniform() * (side - columns), top: random.uniform() * (side - rows), scale: 1 };
  stamp(image, side, part, place, contrast * 0.5);
}

/** Sets the pixels whose centre lies on a dot. */
function stamp(
  image: Float32Array,
  side: number,
  glyph: readonly string[],
  { left, top, scale }: { readonly left: number; readonly top: number; readonly scale: number },
  brightness: number,
): void {
  for (let y = 0; y < side; y++) {
    const row = glyph[Math.floor((y + 0.5 - top) / scale)];
    if (row === undefined) continue;
    for (let x = 0; x < side; x++)
      if (row[Math.floor((x + 0.5 - left) / scale)] === '#') image[y * side + x] = brightness;
  }
}
