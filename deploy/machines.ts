import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Machines of a site on this one: as root each is a network namespace of its own, which can be cut off from the rest;
 * else all of them are this machine, told apart by their ports.
 */
export interface Machine {
  name: string;
  address: string;
  /** The words before a command that runs there. */
  prefix: readonly string[];
  /** Every process of it. */
  pids(): number[];
  /** Takes its cable out, or puts it back; undefined where machines have none. */
  cut: ((is: boolean) => void) | undefined;
}

export interface Network {
  /** Whom everybody reaches, and from where. */
  gateway: string;
  /** As pg_hba.conf names it. */
  range: string;
  machine(name: string): Machine;
  remove(): Promise<void>;
}

const ip = (...args: string[]) =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Whether this process may make namespaces. */
export function canIsolate(): boolean {
  if (process.getuid?.() !== 0) return false;
  const name = `clp${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return true;
  } catch {
    return false;
  }
}

/** @param subnet the third number of 10.77.x.0/24, so that several sites stand beside each other */
export function openNetwork(subnet = process.pid % 250): Network {
  return canIsolate() ? isolated(subnet) : shared();
}

function shared(): Network {
  return {
    gateway: '127.0.0.1',
    range: '127.0.0.1/32',
    machine: (name) => ({ name, address: '127.0.0.1', prefix: [], pids: () => [], cut: undefined }),
    remove: async () => {},
  };
}

function isolated(subnet: number): Network {
  const bridge = `clb${subnet}`;
  const at = (host: number) => `10.77.${subnet}.${host}`;
  const names: string[] = [];
  ip('link', 'add', bridge, 'type', 'bridge');
  ip('addr', 'add', `${at(1)}/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  return {
    gateway: at(1),
    range: `10.77.${subnet}.0/24`,
    machine(name) {
      const space = `cl${subnet}${name}`;
      const host = names.push(space) + 10;
      const cable = `clv${subnet}-${names.length}`;
      ip('netns', 'add', space);
      ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      ip('link', 'set', cable, 'master', bridge, 'up');
      ip('-n', space, 'addr', 'add', `${at(host)}/24`, 'dev', 'eth0');
      ip('-n', space, 'link', 'set', 'eth0', 'up');
      ip('-n', space, 'link', 'set', 'lo', 'up');
      return {
        name,
        address: at(host),
        prefix: ['ip', 'netns', 'exec', space],
        pids: () => ip('netns', 'pids', space).split('\n').filter(Boolean).map(Number),
        cut: (is) => void ip('link', 'set', cable, is ? 'down' : 'up'),
      };
    },
    async remove() {
      for (const space of names) {
        for (const pid of ip('netns', 'pids', space).split('\n').filter(Boolean))
          process.kill(Number(pid), 'SIGKILL');
        await sleep(100);
        ip('netns', 'del', space);
      }
      ip('link', 'del', bridge);
    },
  };
}
