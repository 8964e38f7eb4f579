import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInUtf8, repeatsName } from '../../src/http/hooks/json.ts';

describe('isInUtf8', () => {
  test.each([
    'application/json',
    'application/json;',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json; version=1; charset=utf-8',
    'application/json; profile="a;b=\\"c"',
    'application/json; ; charset=utf-8;',
    'application/json',
  ])('%s', (type) => expect(isInUtf8(type)).toBe(true));

  test.each([
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/json; charset="utf-16"',
    'application/json; CHARSET=latin1',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=',
    'application/json; charset',
    'application/json; charset utf-8',
    'application/json; charset="utf-8',
    'application/json; =utf-8',
    'application/json; charset=utf-8, text/html',
    'application/json; charset = utf-8',
  ])('not %s', (type) => expect(isInUtf8(type)).toBe(false));
});

describe('repeatsName', () => {
  test.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a" :1 , "a"\n:2}',
    '{"x":{"a":[],"b":{},"a":1}}',
    '[{"b":1},{"a":1,"a":1}]',
    '{"a":{"b":1},"c":[{"d":1}],"a":1}',
    '{"":1,"":2}',
    '{"\\"":1,"\\"":2}',
    '{"a\\\\":1,"a\\\\":2}',
  ])('%s', (json) => {
    JSON.parse(json);
    expect(repeatsName(json)).toBe(true);
  });

  test.each([
    '{}',
    '"a"',
    '1',
    '{"a":"a","b":["a","a"]}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"{\\"a\\":1,\\"a\\":1}"}',
    '{"a":"\\"a\\":","b":"}{"}',
    '{"a":1,"A":1,"á":1,"а":1}',
    '{"a\\\\":1,"a":1}',
  ])('not %s', (json) => {
    JSON.parse(json);
    expect(repeatsName(json)).toBe(false);
  });

  test('nothing that JavaScript writes repeats a name, and one name more does', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, name) => {
        expect(repeatsName(json)).toBe(false);
        const key = JSON.stringify(name);
        expect(repeatsName(`{${key}:${json},"other ${key.slice(1, -1)}":${json},${key}:0}`)).toBe(true);
      }),
    );
  });
});
