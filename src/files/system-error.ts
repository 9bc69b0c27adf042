import { OrpoError, reasonOf } from '../errors.js';

const MEANING: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'the operation is not permitted',
  EIO: 'the device reports an input/output error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  ENAMETOOLONG: 'the name is too long',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'the path is a folder',
  ELOOP: 'the symbolic links go in circles',
};

const MENDING: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on that disk, or choose another output folder.',
  EDQUOT: 'Free some of your quota, or choose another output folder.',
  EROFS: 'Choose an output folder on a disk that can be written.',
  EACCES: 'Give yourself permission on that path, or choose another one.',
};

/** The operating system's code (`ENOSPC`, `EACCES`, …) of an error, or undefined when it has none. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What a system error means, in words, with its code. */
export function systemReason(error: unknown): string {
  const code = systemCode(error);
  const meaning = code === undefined ? undefined : MEANING[code];
  if (meaning !== undefined) return `${meaning} (${code})`;
  return reasonOf(error);
}

/** The `disk` error for a write that failed: `attempt` says what was tried on which path, `after` what holds now. */
export function diskError(attempt: string, error: unknown, after = ''): OrpoError {
  const hint = MENDING[systemCode(error) ?? ''] ?? 'Check the disk and the permissions of that path, then try again.';
  return new OrpoError('disk', `${attempt}: ${systemReason(error)}${after}.`, hint, { cause: error });
}
