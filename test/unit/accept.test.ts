import { expect, test } from 'vitest';
import { namesType } from '../../src/http/accept.ts';

test.each([
  ['text/html,application/xhtml+xml,*/*;q=0.8', true],
  ['application/xhtml+xml, Text/HTML;q=0.9', true],
  ['text/html;level=1', true],
  ['*/*', false],
  ['text/*', false],
  ['text/html;q=0, */*', false],
  ['application/json', false],
  ['text/html2', false],
  ['', false],
  [undefined, false],
])('whoever sends Accept: %j names HTML among what they take: %j', (header, expected) => {
  expect(namesType(header, 'text/html')).toBe(expected);
});
