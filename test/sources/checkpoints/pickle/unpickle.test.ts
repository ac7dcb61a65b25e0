import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../../src/base/errors.ts';
import { OPCODE_NAMES } from '../../../../src/sources/checkpoints/pickle/opcodes.ts';
import { PICKLE_LIMITS } from '../../../../src/sources/checkpoints/pickle/pickleState.ts';
import type { PickleValue } from '../../../../src/sources/checkpoints/pickle/pickleValue.ts';
import { unpickle } from '../../../../src/sources/checkpoints/pickle/unpickle.ts';
import { Call, Instance, type Made, makePickle, Raw, Tuple } from './madePickle.ts';

const fixture = new URL('../../../../fixtures/checkpoints/torch/hostilePickles.json', import.meta.url);
const hostile: Record<string, { hex: string; runs: boolean; names: string }> = JSON.parse(
  readFileSync(fixture, 'utf8'),
);

const read = (value: Made, limits = PICKLE_LIMITS): PickleValue => unpickle(makePickle(value), 'x.pkl', { limits });
const readRaw = (...bytes: readonly (number | string)[]): PickleValue =>
  unpickle(new Uint8Array(new Raw(0x80, 4, ...bytes).bytes), 'x.pkl');

describe('a pickle that would run a program in Python, or trick a reader,', () => {
  test.each(Object.entries(hostile))('is refused by name, and nothing runs: %s', (_, { hex, names }) => {
    const before = readdirSync('.').length;
    const unpickling = () => unpickle(new Uint8Array(Buffer.from(hex, 'hex')), 'x.pkl');
    expect(unpickling).toThrow(FormatError);
    expect(unpickling).toThrow(names);
    expect(unpickling).toThrow(/^x\.pkl: expected .+, got .+; .+/);
    expect(readdirSync('.').length).toBe(before);
  });

  test('is a real one: Python ran the program of 13 of them', () => {
    expect(Object.values(hostile).filter(({ runs }) => runs)).toHaveLength(13);
  });

  test('is called dangerous where it names a module that runs programs', () => {
    const system = new Call('os', 'system', ['id']);
    expect(() => read(system)).toThrow('got os.system, and nothing of it was run; loading this file in Python could');
  });

  test('is answered with what to save instead where it names a class of someone', () => {
    expect(() => read(new Call('mylib.models', 'Transformer', []))).toThrow(
      'x.pkl: expected only classes that checkpoints are made of at byte 2, got mylib.models.Transformer, and nothing of it was run; save plain state dicts instead: torch.save({"model": model.state_dict()',
    );
  });

  test('cannot put control characters or a megabyte of a name on the terminal', () => {
    const name = `\u001b[2J${'x'.repeat(1e6)}`;
    const message = (() => {
      try {
        return String(read(new Call('a', name)));
      } catch (error) {
        return String(error);
      }
    })();
    expect(message).toContain('a.\\u{1b}[2Jxxx');
    expect(message.length).toBeLessThan(600);
    expect(message).not.toMatch(/\p{Cc}/u);
  });

  test('is refused where the name stands, before anything behind it is read', () => {
    const bytes = makePickle([new Call('os', 'system', ['id'])]);
    expect(() => unpickle(bytes.slice(0, 16), 'x.pkl')).toThrow('os.system');
  });
});

describe('an opcode', () => {
  test('that torch never writes is refused by its name', () => {
    const read = new Set('()NRXBCGJKMTUQ]abehjqrstu}c.'.split('').map((opcode) => opcode.charCodeAt(0)));
    const refused = [...OPCODE_NAMES].filter(([code]) => code < 0x80 && !read.has(code) && code !== 0x69);
    expect(refused.map(([, name]) => name).sort()).toEqual(
      [
        ...['DICT', 'DUP', 'FLOAT', 'GET', 'INT', 'LIST', 'LONG', 'OBJ', 'PERSID', 'POP', 'POP_MARK', 'PUT'],
        ...['STRING', 'UNICODE'],
      ].sort(),
    );
    for (const [code, name] of refused) expect(() => readRaw(code), name).toThrow(`at byte 2, got ${name}; save`);
  });

  test('that does not exist is refused by its number', () => {
    expect(() => readRaw(0xff)).toThrow('got a byte 255, which is none; the file is damaged');
  });

  test.each([
    ['APPEND', ['a']],
    ['TUPLE without a mark', ['t']],
    ['REDUCE', ['NR']],
    ['SETITEM below a mark', ['}(NNs']],
    ['BUILD', ['b']],
    ['BINPUT', ['q\x00']],
    ['STOP', ['.']],
  ])('that needs more than there is on the stack is refused: %s', (_, bytes) => {
    expect(() => readRaw(...bytes, '.')).toThrow('expected a value on the stack');
  });

  test.each([
    ['an unknown place of the memo', 'h\x07.', 'expected something remembered as 7 at byte 2, got nothing'],
    ['an item for a tuple', ')Na.', 'expected a list to add to'],
    ['a key for a list', ']NNs.', 'expected a dict to add to'],
    ['a key without a value', '}(NNNu.', 'expected a value for every key'],
    ['a key twice', '}(K\x01NK\x01Nu.', 'expected every key of a dict once'],
    ['two values at the end', 'NN.', 'expected one value at the end'],
    ['a mark at the end', '(N.', 'expected one value at the end'],
    ['text beyond the end', 'X\xff\x00\x00\x00abc', 'expected 255 more bytes'],
    ['bytes of 2^60', '\x8e\x00\x00\x00\x00\x00\x00\x00\x10', 'more bytes at byte 2, got 0'],
    ['a frame beyond the end', '\x95\xff\x00\x00\x00\x00\x00\x00\x00N.', 'expected a frame of 255 bytes'],
    ['a name without an end', 'cposix', 'expected a line'],
    ['a name that is no text', 'NN\x93.', 'expected a module and a name'],
    ['nothing', '', 'expected 1 more bytes'],
    ['a later protocol', '\x80\x09N.', 'expected a pickle of protocol 2 to 5'],
    ['an integer of 5,000 bytes', '\x8b\x88\x13\x00\x00', 'expected integers of at most 1024 bytes'],
    ['arguments that are a list', 'ccollections\nOrderedDict\n]R.', 'arguments that are a list'],
    ['a call of text', 'X\x01\x00\x00\x00a)R.', 'got text, which is none'],
  ])('with %s is refused', (_, opcodes, message) => {
    expect(() => readRaw(...Array.from(opcodes, (character) => character.charCodeAt(0)))).toThrow(message);
  });
});

describe('a pickle is limited', () => {
  const nested = (depth: number): Made => (depth === 0 ? null : [nested(depth - 1)]);

  test('in depth: 200 containers inside each other are read, 201 are not', () => {
    expect(() => read(nested(200))).not.toThrow();
    expect(() => read(nested(201))).toThrow('expected at most 200 containers inside each other');
  });

  test('in depth by way of the memo, where no container is opened inside another', () => {
    const wraps = Array.from({ length: 300 }, () => '\x85\x94').join('');
    const bytes = Array.from(`N${wraps}.`, (character) => character.charCodeAt(0));
    expect(() => readRaw(...bytes)).toThrow('expected at most 200 containers inside each other');
  });

  test.each([
    ['lists', ']'],
    ['dicts', '}'],
    ['marks', '('],
    ['memo entries', 'Nq\x01'],
    ['references', 'h\x00'],
    ['texts', 'X\x01\x00\x00\x00a'],
  ])('in memory: %s', (_, opcodes) => {
    const bytes = Array.from(`Nq\x00${opcodes.repeat(10_000)}`, (character) => character.charCodeAt(0));
    const pickle = new Uint8Array([0x80, 2, ...bytes]);
    const limits = { ...PICKLE_LIMITS, memoryBytes: 50_000 };
    expect(() => unpickle(pickle, 'x.pkl', { limits })).toThrow('expected objects of at most 50000 bytes');
  });

  test('in memory: copies that a call makes of what is there already', () => {
    const list = new Raw(']q\x01(', 'N'.repeat(1000), 'e');
    const copies = Array.from({ length: 1000 }, () => new Raw('c__builtin__\nset\nh\x01\x85R'));
    const limits = { ...PICKLE_LIMITS, memoryBytes: 1_000_000 };
    expect(() => read([list, ...copies], limits)).toThrow('expected objects of at most 1000000 bytes');
  });

  test('in time: an object in exponentially many places is visited once', () => {
    const doubled = Array.from({ length: 150 }, (_, i) => new Raw('(h', i, 'h', i, 'tq', i + 1));
    const begin = performance.now();
    read([new Raw('Nq', 0), ...doubled]);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe('a pickle gives', () => {
  const tuple = (...items: PickleValue[]): PickleValue => ({ kind: 'tuple', items });

  test.each<[string, Made, PickleValue]>([
    ['None', null, null],
    ['integers to the last bit', new Raw(0x8a, 8, 1, 0, 0, 0, 0, 0, 0x20, 0), 9007199254740993n],
    ['negative integers', new Raw(0x8a, 2, 0xff, 0xff), -1],
    ['an integer without bytes', new Raw(0x8a, 0), 0],
    ['floats', 0.1, 0.1],
    ['text', 'σ\n', 'σ\n'],
    ['half of a surrogate pair as U+FFFD', new Raw('X\x03\x00\x00\x00', 0xed, 0xa0, 0x80), '���'],
    ['a byte order mark as it is', '\uFEFFa', '\uFEFFa'],
    [
      'a class of Python 2 under its name of today',
      new Call('__builtin__', 'int'),
      { kind: 'global', name: 'builtins.int' },
    ],
    [
      "NumPy 2's modules under one name",
      new Call('numpy._core.multiarray', 'scalar'),
      { kind: 'global', name: 'numpy.core.multiarray.scalar' },
    ],
    [
      'a call as a record of it',
      new Call('torch', 'device', ['cuda', 1]),
      { kind: 'record', of: 'torch.device', args: ['cuda', 1], state: undefined },
    ],
    [
      'an object as a record with its state',
      new Instance('argparse', 'Namespace', new Tuple(1)),
      { kind: 'record', of: 'argparse.Namespace', args: [], state: tuple(1) },
    ],
    [
      'a member of an enum by name',
      new Call('__builtin__', 'getattr', [new Call('signal', 'Signals'), 'SIGTERM']),
      { kind: 'record', of: 'signal.Signals', args: ['SIGTERM'], state: undefined },
    ],
    [
      'keys that name properties of every object as keys',
      new Map([['__proto__', 1]]),
      { kind: 'dict', of: 'dict', entries: new Map([['__proto__', 1]]) },
    ],
  ])('%s', (_, made, value) => {
    expect(read(made)).toEqual(value);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
