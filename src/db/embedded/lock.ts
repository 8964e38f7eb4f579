import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

/** SQLite's number for "somebody else has it". */
const BUSY = 5;

/**
 * A lock that ends with its process, however that ends: the operating system holds it. Node has none of its own, but it
 * brings SQLite, which takes one on a file of its own; nothing is ever written there.
 */
interface FileLock {
  /** @returns whether this process has it now */
  take(): boolean;
  release(): void;
}

export function fileLock(path: string): FileLock {
  let held: DatabaseSync | undefined;
  return {
    take() {
      if (held) return true;
      mkdirSync(dirname(path), { recursive: true });
      const file = new (sqlite())(path);
      try {
        file.exec('begin exclusive');
        held = file;
        return true;
      } catch (error) {
        file.close();
        if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
        throw error;
      }
    },
    release() {
      held?.close();
      held = undefined;
    },
  };
}

/** Loaded when it is needed, and without the warning that its interface may yet change: none of it is seen outside. */
function sqlite(): typeof DatabaseSync {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite').DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}
