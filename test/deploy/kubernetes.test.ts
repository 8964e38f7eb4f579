import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { settings } from '../../src/config.table.ts';
import { loadConfig } from '../../src/config.ts';

/**
 * The manifests of deploy/kubernetes, put together as Kustomize does (no program of it is here), against the schemas of
 * the npm package kubernetes-models. Those let unknown fields, ports above 65535 and less than no replicas pass, which is why
 * there are checks of our own.
 */

// biome-ignore lint/suspicious/noExplicitAny: manifests of any kind
type Manifest = any;

const root = resolve(import.meta.dirname, '../../deploy/kubernetes');

/** What these files use of Kustomize, and nothing else: whatever else stands there fails the test. */
interface Kustomization {
  apiVersion: string;
  kind: string;
  namespace?: string;
  resources: string[];
  images?: { name: string; newName: string; newTag: string }[];
  patches?: { target: { kind: string; name: string }; patch: string }[];
}
const KNOWN = ['apiVersion', 'kind', 'namespace', 'resources', 'images', 'patches'];

function build(folder: string): Manifest[] {
  const own: Kustomization = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
  expect(Object.keys(own).filter((name) => !KNOWN.includes(name))).toEqual([]);
  const manifests = own.resources.flatMap((resource) =>
    resource.endsWith('.yaml')
      ? parseAllDocuments(readFileSync(join(folder, resource), 'utf8')).map((document) => document.toJS())
      : build(join(folder, resource)),
  );
  for (const { target, patch } of own.patches ?? []) {
    const met = manifests.find(({ kind, metadata }) => kind === target.kind && metadata.name === target.name);
    expect(met, `${target.kind} ${target.name}`).toBeDefined();
    merge(met, parse(patch));
  }
  for (const manifest of manifests) {
    if (own.namespace && manifest.kind !== 'Namespace') manifest.metadata.namespace = own.namespace;
    for (const container of podOf(manifest)?.containers ?? []) {
      const image = own.images?.find(({ name }) => name === container.image);
      if (image) container.image = `${image.newName}:${image.newTag}`;
    }
  }
  return manifests;
}

function merge(into: Manifest, patch: Manifest): void {
  for (const [name, value] of Object.entries(patch))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      into[name] ??= {};
      merge(into[name], value);
    } else into[name] = value;
}

const podOf = ({ kind, spec }: Manifest) =>
  kind === 'Deployment' || kind === 'Job' ? spec.template.spec : undefined;

/** Maps whose names are ours. */
const OF_OUR_OWN = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'data',
  'requests',
  'limits',
  'selector',
]);
/** Every field that any kind of manifest has, by the types of the package. */
const types = join(dirname(createRequire(import.meta.url).resolve('kubernetes-models')), '.');
const shared = join(dirname(createRequire(import.meta.url).resolve('@kubernetes-models/apimachinery')), '.');
const fields = new Set(
  [types, shared].flatMap((folder) =>
    globSync('**/*.d.ts', { cwd: folder }).flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/^\s*"?(\w+)"?\??:/gm)].map(
        ([, name = '']) => name,
      ),
    ),
  ),
);

const places = ['base', 'migrate', 'overlays/small', 'overlays/large'];
const load = createRequire(import.meta.url);

describe.each(places)('deploy/kubernetes/%s', (place) => {
  const manifests = build(join(root, place));
  const of = (kind: string, name?: string) =>
    manifests.filter((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
  const pods = manifests.flatMap((one) => (podOf(one) ? [podOf(one)] : []));

  test('each manifest is one of the schemas of Kubernetes', () => {
    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests) {
      const models = load(`kubernetes-models/${manifest.apiVersion}`);
      const Model = models[manifest.kind];
      expect(Model, `${manifest.apiVersion} ${manifest.kind}`).toBeDefined();
      const model = new Model(manifest);
      expect(() => model.validate(), `${manifest.kind} ${manifest.metadata.name}`).not.toThrow();
    }
  });

  test('no field is one that Kubernetes has nowhere', () => {
    const unknown: string[] = [];
    const walk = (value: Manifest, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [name, inner] of Object.entries(value)) {
        if (!Array.isArray(value) && !fields.has(name)) unknown.push(`${path}.${name}`);
        if (!OF_OUR_OWN.has(name)) walk(inner, `${path}.${name}`);
      }
    };
    for (const manifest of manifests) walk(manifest, manifest.kind);
    expect(unknown).toEqual([]);
  });

  test('ports, replicas and resources are numbers that can be', () => {
    const walk = (value: Manifest, path: string): void => {
      if (typeof value !== 'object' || value === null) {
        if (/(?:[pP]ort|containerPort|targetPort)$/.test(path) && typeof value === 'number')
          expect(value > 0 && value < 65_536, path).toBe(true);
        if (/[rR]eplicas$/.test(path)) expect(value, path).toBeGreaterThan(0);
        return;
      }
      for (const [name, inner] of Object.entries(value)) walk(inner, `${path}.${name}`);
    };
    for (const manifest of manifests) walk(manifest, manifest.kind);
  });

  test('each pod runs as nobody in particular, cannot become anybody, and writes only to /tmp', () => {
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
        expect(container.resources.limits.memory).toBeDefined();
        // Secrets by reference alone.
        expect(container.env).toBeUndefined();
        expect(container.envFrom).toEqual([
          { configMapRef: { name: 'clinic-settings' } },
          { secretRef: { name: 'clinic-secrets' } },
        ]);
      }
    }
    expect(of('Secret')).toEqual([]);
  });

  test('what selects pods selects some', () => {
    const labels = manifests.filter(podOf).map((one) => one.spec.template.metadata.labels);
    const meets = (selector: Record<string, string>) =>
      labels.some((own) => Object.entries(selector).every(([name, value]) => own[name] === value));
    for (const { kind, spec } of manifests) {
      if (kind === 'Service') expect(meets(spec.selector)).toBe(true);
      if (['Deployment', 'PodDisruptionBudget'].includes(kind))
        expect(meets(spec.selector.matchLabels)).toBe(true);
      if (kind === 'NetworkPolicy') expect(meets(spec.podSelector.matchLabels)).toBe(true);
      if (kind === 'HorizontalPodAutoscaler')
        expect(of('Deployment', spec.scaleTargetRef.name)).toHaveLength(1);
    }
  });

  test('the drain is shorter than the grace, and a rollout never has fewer pods than before', () => {
    for (const { spec } of of('Deployment')) {
      const { terminationGracePeriodSeconds: grace, containers } = spec.template.spec;
      const [, sleeps = '0'] = containers[0].lifecycle?.preStop.exec.command ?? [];
      // src/main/start.ts ends the process after 25 s.
      expect(grace).toBeGreaterThan(Number(sleeps) + 25);
      expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    }
  });

  test('a budget leaves room to empty a machine', () => {
    for (const { spec } of of('PodDisruptionBudget')) {
      const [scaler] = of('HorizontalPodAutoscaler');
      expect(spec.minAvailable).toBeLessThan(scaler.spec.minReplicas);
    }
  });
});

test('the settings of the pods are settings of the server, with which it starts', () => {
  const [map] = build(join(root, 'base')).filter(({ kind }) => kind === 'ConfigMap');
  const known = Object.values(settings).flatMap((group) => Object.keys(group));
  expect(Object.keys(map.data).filter((name) => !known.includes(name))).toEqual([]);
  const secrets = {
    DATABASE_URL: 'postgres://c:p@database/clinic',
    JWT_SECRET: 'Jq1sN0w2hVbC8zXe5rTy7uIoP3aSdF6gH9jKlZ4x',
  };
  expect(loadConfig({ ...map.data, ...secrets })).toMatchObject({ production: true, worker: 'external' });
});
