import { describe, expect, it } from 'vitest';
import { chooseMatrices } from '../../src/workflows/chooseMatrices.ts';

const ROLES = ['attn.q', 'attn.o', 'mlp.up'];
const MATRICES = Array.from({ length: 8 }, (_, layer) => ROLES.map((role) => ({ role, layer, layers: 8 }))).flat();

function chosen(choice: Parameters<typeof chooseMatrices>[1]): string[] {
  return chooseMatrices(MATRICES, choice).map(({ role, layer }) => `${role} ${layer}`);
}

describe('matrices', () => {
  it('are chosen by role or the beginning of roles', () => {
    expect(chosen({ roles: ['mlp.up'] })).toHaveLength(8);
    expect(chosen({ roles: ['attn'] })).toHaveLength(16);
    expect(chosen({})).toHaveLength(24);
  });

  it('are chosen by depth, the layer nearest to it', () => {
    expect(chosen({ roles: ['attn.q'], depths: [0.25, 0.5, 0.75, 1] })).toEqual([
      'attn.q 1',
      'attn.q 3',
      'attn.q 5',
      'attn.q 7',
    ]);
    expect(chosen({ roles: ['attn.q'], depths: [0.01] })).toEqual(['attn.q 0']);
  });

  it('are sampled evenly over roles and layers, whatever the number, each once', () => {
    expect(chosen({ sample: 3 })).toEqual(['attn.q 7', 'attn.o 7', 'mlp.up 7']);
    expect(chosen({ sample: 6 })).toEqual(['attn.q 3', 'attn.o 3', 'mlp.up 3', 'attn.q 7', 'attn.o 7', 'mlp.up 7']);
    for (const sample of [1, 5, 8, 23, 24, 100]) expect(new Set(chosen({ sample })).size).toBe(Math.min(24, sample));
  });

  it('of a role that is not there are refused with the roles that are', () => {
    expect(() => chosen({ roles: ['attn.v'] })).toThrow(
      '--role: no matrix has role "attn.v"; there are attn.q, attn.o, mlp.up',
    );
    expect(() => chooseMatrices([], { roles: ['attn'] })).toThrow('there are no matrices');
  });
});
