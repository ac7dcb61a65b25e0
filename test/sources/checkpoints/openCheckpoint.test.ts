import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError, MuonscopeError, UsageError } from '../../../src/base/errors.ts';
import { openCheckpoint } from '../../../src/sources/checkpoints/openCheckpoint.ts';
import { temporaryFolder } from '../../store/exampleRecords.ts';
import { serve } from '../bytes/rangeServer.ts';
import { makeNpy, npyHeader } from './madeFiles.ts';
import { makeZip } from './madeZip.ts';
import { plainExample, readPlain, shardedExample } from './plainFixtures.ts';
import type { ExampleFiles } from './readerContract.ts';
import { runExample } from './runExample.ts';

/** Writes files into a new folder. */
function written(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = temporaryFolder();
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
  return folder;
}

async function formatOf(path: string): Promise<string> {
  const { format, close } = await openCheckpoint(path);
  await close();
  return format;
}

const FILES: readonly [string, ExampleFiles][] = [
  ['safetensors', plainExample('single.safetensors')],
  ['safetensors-sharded', shardedExample()],
  ['npy', plainExample('fortranStack.npy')],
  ['npz', plainExample('stored.npz')],
  ['npz', plainExample('deflated.npz')],
  ['muonscope', runExample()],
];

describe('a checkpoint', () => {
  test.each(FILES)('of %s is opened by its file, and read', async (format, { files, main }) => {
    const path = join(written(files), main);
    const checkpoint = await openCheckpoint(path);
    expect([checkpoint.name, checkpoint.format]).toEqual([path, format]);
    const tensor = checkpoint.tensors.find(({ dtype }) => dtype === 'float64' || dtype === 'float32');
    expect((await tensor?.read())?.length).toBeGreaterThan(0);
    await checkpoint.close();
  });

  test.each(FILES)('of %s is recognised whatever its file is called', async (format, { files, main }) => {
    const { [main]: bytes = new Uint8Array(0), ...others } = files;
    expect(await formatOf(join(written({ ...others, 'momentum.dat': bytes }), 'momentum.dat'))).toBe(format);
  });

  test.each(FILES)('of %s is opened by its folder', async (format, { files }) => {
    const folder = written(files);
    expect(await formatOf(folder)).toBe(format);
    expect(await formatOf(`${folder}/`)).toBe(format);
  });

  test.each(FILES)('of %s is read behind a URL as on a disk', async (format, { files, main }) => {
    const server = await serve(files);
    const far = await openCheckpoint(`${server.url}${main}`);
    const near = await openCheckpoint(join(written(files), main));
    expect(far.format).toBe(format);
    expect(far.tensors.map(({ path }) => path)).toEqual(near.tensors.map(({ path }) => path));
    expect(server.ranges.length).toBeLessThanOrEqual(1 + Object.keys(files).length);
    for (const [i, tensor] of near.tensors.entries())
      if (tensor.dtype === 'float32') expect(await far.tensors[i]?.read()).toEqual(await tensor.read());
    await far.close();
    await server.close();
    await near.close();
  });

  test('of a run is opened by the folder of its run', async () => {
    const folder = written({ ...runExample().files, 'metrics.jsonl': '{}' });
    const { tree, close } = await openCheckpoint(folder);
    expect([tree.get('run'), tree.get('step')]).toEqual(['d64', 7]);
    await close();
  });

  test('alone among other files is opened by its folder', async () => {
    const folder = written({ 'README.md': 'text', 'sub/x.npy': readPlain('double.npy'), mu: readPlain('double.npy') });
    const { name, tree, close } = await openCheckpoint(folder);
    expect([name, [...tree.keys()]]).toEqual([join(folder, 'mu'), ['mu']]);
    await close();
  });
});

describe('what is no checkpoint is refused with what to do:', () => {
  const ascii = (text: string) => Buffer.from(text, 'latin1');
  test.each<[string, Uint8Array | string, string]>([
    ['nothing', '', 'got an empty file, which is no format that is read; these are: safetensors, sharded safetensors'],
    ['bytes', new Uint8Array([1, 2, 0xff]), 'got bytes that begin with 01 02 ff, which is no format'],
    ['another zip', makeZip([{ name: 'a.txt', data: ascii('x') }]), 'got bytes that begin with 50 4b 03 04'],
    ['HDF5', ascii('\x89HDF\r\n\x1a\n and more'), 'got HDF5; read it with h5py or Keras and save the optimizer'],
    [
      'GGUF',
      ascii('GGUF\x03\0\0\0'),
      'got GGUF; it holds no momentum: name the checkpoint that the training goes on from',
    ],
    ['ONNX', ascii('\x08\x08\x12\x07pytorch\x1a\x05'), 'got ONNX; it holds no momentum'],
    [
      'the manifest of OCDBT',
      ascii('\x0c\xdb\x3a\x2a\0\0\0\0\0\0\0\0'),
      'got a checkpoint of Orbax; restore it with orbax',
    ],
    [
      'the index of TensorFlow',
      ascii(`${'\0'.repeat(40)}\x57\xfb\x80\x8b\x24\x75\x47\xdb`),
      'got a checkpoint of TensorFlow',
    ],
    [
      'a pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:1\n',
      'got a pointer of Git LFS; fetch the file itself',
    ],
    ['a login page', '\n<!DOCTYPE html><html>', 'got a web page; check the address, or log in'],
    ['gzip', ascii('\x1f\x8b\x08\0'), 'got gzip; unpack it'],
    ['zstd', ascii('\x28\xb5\x2f\xfd'), 'got zstd; unpack it'],
    ['tar', ascii(`${'x'.repeat(257)}ustar\0`), 'got a tar archive; unpack it'],
  ])('%s', async (_, contents, message) => {
    const path = join(written({ file: contents }), 'file');
    await expect(openCheckpoint(path)).rejects.toThrow(FormatError);
    await expect(openCheckpoint(path)).rejects.toThrow(`${path}: expected a checkpoint`);
    await expect(openCheckpoint(path)).rejects.toThrow(message);
  });

  test.each<[string, Record<string, string | Uint8Array>, string]>([
    ['an empty folder', {}, 'got a folder of 0 files without one; what is read: safetensors'],
    ['a folder of texts', { a: 'x', 'b/c': 'y' }, 'got a folder of 2 files without one'],
    ['a folder of Orbax', { _CHECKPOINT_METADATA: '{}', 'state/manifest.ocdbt': 'x' }, 'got a checkpoint of Orbax'],
    [
      'a folder of TensorFlow',
      { 'ckpt-1.data-00000-of-00001': 'x', 'ckpt-1.index': 'x' },
      'got a checkpoint of TensorFlow',
    ],
    ['a model of TensorFlow', { 'saved_model.pb': 'x' }, 'got a checkpoint of TensorFlow'],
    ['a store of Zarr', { 'mu/.zarray': '{}' }, 'got a store of Zarr; read it with zarr'],
    [
      'a study',
      { 'study.json': '{}', 'runs/d64/checkpoint/state.safetensors': 'x' },
      'got a study; name one of its runs, such as runs/d64',
    ],
    [
      'a folder of several files',
      Object.fromEntries([...'abcdefgh'].map((name) => [`${name}.npy`, makeNpy(npyHeader('(1,)'), 4)])),
      'found a.npy (npy), b.npy (npy), c.npy (npy), d.npy (npy), e.npy (npy), f.npy (npy) and 2 more; name one of them',
    ],
  ])('%s', async (_, files, message) => {
    const folder = written(files);
    await expect(openCheckpoint(folder)).rejects.toThrow(MuonscopeError);
    await expect(openCheckpoint(folder)).rejects.toThrow(message);
  });

  test('nothing at the path', async () => {
    await expect(openCheckpoint('/no/such/file')).rejects.toThrow(UsageError);
  });

  test('a folder behind a URL', async () => {
    const server = await serve({});
    await expect(openCheckpoint(`${server.url}run/`)).rejects.toThrow(
      'whose files a web server does not list; name a file',
    );
    await server.close();
  });
});
