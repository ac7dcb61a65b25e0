import { describe, expect, it } from 'vitest';
import { formatNotes, groupNotes, lawNotes, plainNotes } from '../../src/cli/notes.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

describe('notes', () => {
  it('that say the same of several laws are one line with their number', () => {
    const text = 'the sizes span 0.8 decades: too few';
    const of = (...subjects: readonly string[]) => subjects.map((subject) => ({ text, subject }));
    expect(groupNotes(of('a'))).toEqual([`${text} (a)`]);
    expect(groupNotes(of('a', 'b'))).toEqual([`${text} (a, b)`]);
    expect(groupNotes(of('a', 'b', 'c'))).toEqual([`${text} (3 laws)`]);
  });

  it('that differ in numbers or after the colon are one line with two examples', () => {
    const notes = [
      { text: '2 of 3 points have not settled: 4x32 drifting', subject: 'a' },
      { text: '3 of 3 points have not settled: 4x32 too short', subject: 'b' },
      { text: '2 of 3 points have not settled: 4x32 drifting', subject: 'c' },
      { text: 'poorly fitted: R2 is 0.4', subject: 'a' },
    ];
    expect(groupNotes(notes)).toEqual([
      'points have not settled (3 laws), e.g. a: 4x32 drifting; b: 4x32 too short',
      'poorly fitted: R2 is 0.4 (a)',
    ]);
  });

  it('about no law stay as they are', () => {
    expect(groupNotes(plainNotes(['one thing', 'another: thing']))).toEqual(['one thing', 'another: thing']);
  });

  it('of the published laws, more than fifty warnings, are a handful of lines', () => {
    const notes = lawNotes(publishedLaws());
    expect(notes.length).toBeGreaterThan(20);
    expect(groupNotes(notes).length).toBeLessThanOrEqual(6);
  });

  it('are wrapped under their first word', () => {
    expect(formatNotes(plainNotes(['one two three']), 14)).toEqual(['note: one two', '      three']);
  });
});
