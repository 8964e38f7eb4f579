import type { ErrorCode } from '../../core/errors.ts';
import type { Advice } from './advice.ts';

/** What the page of a problem says beside the problem's own title and detail. */
export interface ProblemTexts {
  /** Over its parts. */
  meaning: string;
  comes: string;
  todo: string;
  operations: string;
  all: string;
  status: string;
  when: Record<ErrorCode, string>;
  advice: Record<Advice, string>;
}
