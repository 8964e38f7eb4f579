import type { FastifyRequest } from 'fastify';
import { addressOf } from '../../core/address.ts';
import { deviceOf, type Origin } from '../../core/device.ts';

/** Where a request comes from. */
export const originOf = ({ ip, headers, held }: FastifyRequest): Origin => ({
  address: addressOf(ip),
  device: deviceOf(headers['user-agent']),
  ...(held !== null && { held }),
});
