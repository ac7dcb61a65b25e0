/** Warnings for people: at most one line a kind. The full list is in the JSON. */
import { significant } from '../base/numbers.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { wrap } from './terminal.ts';

/** A warning, and the law it is about if it is about one. */
export interface Note {
  readonly text: string;
  readonly subject: string | null;
}

/** Examples shown of a kind. */
const SHOWN = 2;
const PREFIX = 'note: ';

/** Warnings of laws: those of the document, then those of each law. */
export function lawNotes({ laws, warnings }: LawsDocument): readonly Note[] {
  return [
    ...plainNotes(warnings),
    ...laws.flatMap((law) => {
      const subject = `${law.role} ${significant(law.depth)} q=${law.quantile}`;
      return law.warnings.map((text) => ({ text, subject }));
    }),
  ];
}

/** Warnings that are about no single law. */
export function plainNotes(warnings: readonly string[]): readonly Note[] {
  return warnings.map((text) => ({ text, subject: null }));
}

/**
 * One line a kind, in order of first appearance. The kind is the text before the colon, whatever its numbers.
 *
 * @example groupNotes([{ text: 'poor: R2 is 0.8', subject: 'a' }, { text: 'poor: R2 is 0.7', subject: 'b' }])
 *   // ["poor (2 laws), e.g. a: R2 is 0.8; b: R2 is 0.7"]
 */
export function groupNotes(notes: readonly Note[]): readonly string[] {
  const kinds = new Map<string, Note[]>();
  for (const note of notes) {
    const kind = parts(note.text).kind.replaceAll(/\d+(\.\d+)?/g, '#');
    const group = kinds.get(kind);
    if (group) group.push(note);
    else kinds.set(kind, [note]);
  }
  return [...kinds.values()].map(lineOf);
}

/** Notes as lines of a terminal, wrapped under their first word; a line each where there is no terminal. */
export function formatNotes(notes: readonly Note[], width: number = Number.POSITIVE_INFINITY): readonly string[] {
  return formatSentences(groupNotes(notes), width);
}

/** Notes that are each worth a line, however alike they begin. */
export function formatSentences(
  sentences: readonly string[],
  width: number = Number.POSITIVE_INFINITY,
): readonly string[] {
  return sentences.flatMap((sentence) =>
    wrap(sentence, width - PREFIX.length).map((line, i) => (i === 0 ? PREFIX : ' '.repeat(PREFIX.length)) + line),
  );
}

function lineOf(group: readonly Note[]): string {
  const different = group.filter(({ text }, i) => group.findIndex((other) => other.text === text) === i);
  const { text } = group[0]!; // a group has a first member
  if (different.length === 1) return text + subjectsOf(group);
  const examples = different.slice(0, SHOWN).map((note) => {
    const { rest } = parts(note.text);
    return note.subject === null ? rest : `${note.subject}: ${rest}`;
  });
  return `${parts(text).kind} (${count(group)}), e.g. ${examples.join('; ')}`;
}

function subjectsOf(group: readonly Note[]): string {
  const subjects = group.flatMap(({ subject }) => (subject === null ? [] : [subject]));
  if (subjects.length === 0) return '';
  return subjects.length <= SHOWN ? ` (${subjects.join(', ')})` : ` (${subjects.length} laws)`;
}

function count(group: readonly Note[]): string {
  return group.every(({ subject }) => subject !== null) ? `${group.length} laws` : `${group.length} times`;
}

/** "3 of 4 points have not settled: 4x32 drifting" -> kind "points have not settled". */
function parts(text: string): { readonly kind: string; readonly rest: string } {
  const colon = text.indexOf(': ');
  const before = colon < 0 ? text : text.slice(0, colon);
  return { kind: before.replace(/^\d+ of \d+ /, ''), rest: colon < 0 ? text : text.slice(colon + 2) };
}
