/** Roles the user assigns: "--map PATTERN=ROLE". */
import { UsageError } from '../../base/errors.ts';
import { nameFits } from './namePattern.ts';

export interface RoleRule {
  readonly pattern: string;
  readonly role: string;
}

/**
 * Reads one --map.
 *
 * @throws UsageError unless it is PATTERN=ROLE
 * @example parseRoleRule('*.mixer.in_proj=mlp.up') // { pattern: '*.mixer.in_proj', role: 'mlp.up' }
 */
export function parseRoleRule(text: string): RoleRule {
  const [, pattern, role] = /^([^=]+)=([A-Za-z][\w.*-]*)$/.exec(text.trim()) ?? [];
  if (pattern === undefined || role === undefined)
    throw new UsageError(`--map: expected PATTERN=ROLE such as "*.mixer.out_proj=attn.o", got ${JSON.stringify(text)}`);
  return { pattern, role };
}

/** The role of the first rule whose pattern a name fits; null if there is none. */
export function assignedRole(rules: readonly RoleRule[], name: string): string | null {
  return rules.find(({ pattern }) => nameFits(pattern, name))?.role ?? null;
}
