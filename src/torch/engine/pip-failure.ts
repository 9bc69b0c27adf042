import { OrpoError } from '../../errors.js';

/** The error that a failed pip run stands for, from what pip printed. */
export function pipFailure(what: string, output: string): OrpoError {
  const last = output
    .split('\n')
    .findLast((line) => /^ERROR: /.test(line))
    ?.replace(/^ERROR: /, '')
    .replace(/\.?\s*$/, '');
  const because = last === undefined ? '' : `: ${last}`;
  if (/no module named '?(pip|ensurepip)/i.test(output)) {
    return new OrpoError(
      'engine',
      `${what} cannot be installed, because this Python has no pip.`,
      'Install it: `sudo apt install python3-pip` or `python3 -m ensurepip`; or set ORPO_TORCH to a torch folder.',
    );
  }
  if (/no space left on device|errno 28|disk quota exceeded/i.test(output)) {
    return new OrpoError(
      'disk',
      `The disk filled up while ${what} was installed.`,
      'Free 3 GB, or set ORPO_CACHE to a folder with room.',
    );
  }
  // without a connection pip also says that there is no such version, so this comes first
  if (/retrying|connection|timed out|name resolution|unreachable|ProxyError|SSLError|HTTP error/i.test(output)) {
    return new OrpoError(
      'network',
      `${what} cannot be downloaded${because}.`,
      'Check the connection and the configuration of pip (`python3 -m pip config list`), then run this again.',
    );
  }
  if (isUnavailable(output)) {
    return new OrpoError(
      'engine',
      `pip finds no build of ${what} for this machine${because}.`,
      'Use Python 3.10 or newer on 64-bit Linux (glibc 2.28 or newer) or macOS; or set ORPO_TORCH to a torch folder.',
    );
  }
  return new OrpoError(
    'engine',
    `pip cannot install ${what}${because}.`,
    'Run `npx orpo doctor` to see what is there.',
  );
}

/** Whether pip says that no file of this version fits this machine. */
export function isUnavailable(output: string): boolean {
  return /no matching distribution|could not find a version/i.test(output);
}
