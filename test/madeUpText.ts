/** A text to train on that needs no file of this repository. */
import { createRandom } from '../src/base/random.ts';

const WORDS = 'singular value momentum layer spectrum of the a norm step falls grows with size'.split(' ');

/** So many characters of a few words in random order: something a model can learn a little of. */
export function madeUpText(characters: number): string {
  const random = createRandom(7);
  let text = '';
  while (text.length < characters) text += `${WORDS[Math.floor(WORDS.length * random.uniform())]} `;
  return text.slice(0, characters);
}
