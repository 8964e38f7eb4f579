import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '../core/errors.ts';
import type { Locale } from '../core/words.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

/** An import of it would load all that it exports, Node's WebSocket and fetch too: 20 ms at start. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

const parserCodes: Partial<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

/**
 * Answers what Node's parser refuses before there is a request: a problem too, in the default language since no header
 * was read, and the end of the connection.
 */
export function refuseUnreadable(locale: Locale, site: string) {
  return ({ code = '' }: { code?: string }, socket: Socket): void => {
    if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const error = new AppError(parserCodes[code] ?? 'malformed_request');
    const body = JSON.stringify(problem(error, locale, { instance: '/', site }));
    const head = [
      `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
      `content-type: ${PROBLEM_TYPE}`,
      `content-language: ${locale}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  };
}
