import { afterAll, expect } from 'vitest';
import { takeUndeclared } from './helpers/declared.ts';

/** Set up for each file: whatever its tests were refused, each operation declares the codes that it answers with. */
afterAll(() => expect(takeUndeclared(), 'codes that an operation does not declare').toEqual([]));
