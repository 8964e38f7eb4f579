import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Debian's own, with its packages. */
const PYTHON = '/usr/bin/python3';

/** Whether a module is there for Debian's Python; says so where it is not. */
export function hasPython(module: string, without: string): boolean {
  const { status } = spawnSync(PYTHON, ['-c', `import ${module}`]);
  if (status !== 0) process.stderr.write(`NOT RUN: ${without} (Debian: apt-get install python3-${module})\n`);
  return status === 0;
}

/** Runs a program. @returns the lines that it prints */
export async function python(program: string, args: string[], input: string): Promise<string[]> {
  const child = spawn(PYTHON, ['-c', program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`python ended with ${code}`);
  return output.trim().split('\n');
}
