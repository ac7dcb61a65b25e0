import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MuonscopeError } from '../../../src/base/errors.ts';
import { spectrumSchema } from '../../../src/store/schemas.ts';
import { formatParquet, readParquet, requirePlausible } from '../../../src/store/tables/parquet.ts';
import { spectrumOfRow, spectrumTable } from '../../../src/store/tables/spectrumTable.ts';
import { pythonWith, runPython } from '../../python.ts';
import { spectrumAt, temporaryFolder } from '../exampleRecords.ts';

const SPECTRA = Array.from({ length: 50 }, (_, i) => ({
  ...spectrumAt(i + 1, i % 2 === 0 ? 'a' : 'ü'),
  params: 300_000_000_000,
  convention: i % 3 === 0 ? null : ('sum' as const),
}));

async function written(): Promise<string> {
  const path = join(temporaryFolder(), 'spectra.parquet');
  writeFileSync(path, await formatParquet(spectrumTable(SPECTRA)));
  return path;
}

async function rowsOf(path: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of readParquet(path)) rows.push(spectrumOfRow(row));
  return rows;
}

it('a table of spectra written as Parquet is read back to the last digit', async () => {
  expect((await rowsOf(await written())).map((row) => spectrumSchema.parse(row))).toEqual(SPECTRA);
});

describe('a Parquet file', () => {
  it('cut off anywhere, or with altered bytes, is refused with a tagged error or read', async () => {
    const path = await written();
    const whole = readFileSync(path);
    const altered = join(temporaryFolder(), 'altered.parquet');
    const readable = async (): Promise<void> => {
      try {
        await rowsOf(altered);
      } catch (error) {
        expect(error).toBeInstanceOf(MuonscopeError);
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        writeFileSync(altered, bytes);
        if (cut) truncateSync(altered, at);
        await readable();
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('that claims to hold far more than its bytes can is refused before anything is allocated', () => {
    const claim = (rows: bigint, bytes: bigint) => ({
      num_rows: 50n,
      row_groups: [{ num_rows: rows, columns: [{ meta_data: { total_uncompressed_size: bytes } }] }],
    });
    requirePlausible(claim(50n, 9_000_000n), 1000, 'a');
    expect(() => requirePlausible(claim(50n, 11_000_000n), 1000, 'a')).toThrow(
      'parquet: expected at most 9.54 MiB when unpacked, in columns of at most 512 MiB, got a claim of 10.5 MiB (a); the file is damaged or no log of spectra',
    );
    expect(() => requirePlausible(claim(50n, -1n), 1000, 'a')).toThrow('parquet: expected at most');
    expect(() => requirePlausible(claim(50n, 2n ** 60n), 2 ** 40, 'a')).toThrow('parquet: expected at most');
    expect(() => requirePlausible(claim(51n, 1n), 1000, 'a')).toThrow('parquet: expected 50 rows, got groups of 51');
  });
});

const python = pythonWith('__import__("pyarrow")');

describe.skipIf(python === null)('pyarrow (pip install pyarrow, and name its Python in MUONSCOPE_PYTHON)', () => {
  it('reads what we write', async () => {
    const path = await written();
    const script = `
import json, sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
print(json.dumps({"rows": table.num_rows, "types": {f.name: str(f.type) for f in table.schema}, "last": table.slice(49).to_pylist()[0]}))`;
    expect(runPython(python!, script, [path])).toMatchObject({
      rows: 50,
      types: { run: 'string', params: 'int64', step: 'int64', 'q0.5': 'double' },
      last: { params: 300_000_000_000, step: 50, name: 'ü', 'q0.5': spectrumAt(50).values[4], convention: 'sum' },
    });
  });

  it('writes lists, and other codecs, that we read', async () => {
    const folder = temporaryFolder();
    const lines = join(folder, 'spectra.jsonl');
    writeFileSync(lines, SPECTRA.map((spectrum) => `${JSON.stringify(spectrum)}\n`).join(''));
    for (const codec of ['snappy', 'zstd', 'gzip', 'none']) {
      const path = join(folder, `${codec}.parquet`);
      const script = `
import json, sys, pyarrow as pa, pyarrow.parquet as pq
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
pq.write_table(pa.Table.from_pylist(rows), sys.argv[2], compression=sys.argv[3])
print("null")`;
      runPython(python!, script, [lines, path, codec]);
      expect((await rowsOf(path)).map((row) => spectrumSchema.parse(row))).toEqual(SPECTRA);
    }
  });
});
