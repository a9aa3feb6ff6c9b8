// All files of a plan, as text. Pure: the same plan gives the same bytes.
import { invalidInput } from '../errors.ts';
import type { InstanceType } from '../planner/catalogue.ts';
import type { Plan } from '../planner/plan-types.ts';
import { parseScenario } from '../scenario/parse-scenario.ts';
import { deployNumbers } from './deploy-numbers.ts';
import { ecsYaml, nginxConf, sysctlConf, systemdUnit } from './hosts.ts';
import { deploymentYaml, disruptionBudgetYaml, ingressYaml, quotaYaml, serviceYaml } from './kubernetes.ts';
import { podMonitorYaml, scalerAccessYaml } from './kubernetes-access.ts';
import { adapterRulesYaml, hpaYaml, scaledObjectYaml } from './kubernetes-autoscalers.ts';
import { lintManifests, type ManifestFile } from './lint.ts';
import { alertRulesYaml, alertTestsYaml } from './prometheus.ts';
import { retestScenario } from './retest-scenario.ts';

/**
 * Kubernetes, KEDA, Prometheus, nginx, ECS, systemd and sysctl files and a bench scenario for the chosen type of a plan.
 *
 * @param type - the catalogue's entry of that type
 * @throws EnclaveError INVALID_INPUT when the files would contradict one another
 */
export function planManifests(plan: Plan, type: InstanceType): readonly ManifestFile[] {
  const n = deployNumbers(plan, type);
  const files: readonly ManifestFile[] = [
    { path: 'ecs/autoscaling.yaml', text: ecsYaml(n) },
    { path: 'host/enclave.service', text: systemdUnit(n) },
    { path: 'host/sysctl.conf', text: sysctlConf(n) },
    { path: 'kubernetes/autoscaler-enclave/rbac.yaml', text: scalerAccessYaml() },
    { path: 'kubernetes/autoscaler-hpa/hpa.yaml', text: hpaYaml(n) },
    { path: 'kubernetes/autoscaler-keda/scaledobject.yaml', text: scaledObjectYaml(n) },
    { path: 'kubernetes/deployment.yaml', text: deploymentYaml(n) },
    { path: 'kubernetes/ingress.yaml', text: ingressYaml(n) },
    { path: 'kubernetes/pdb.yaml', text: disruptionBudgetYaml(n) },
    { path: 'kubernetes/quota.yaml', text: quotaYaml(n) },
    { path: 'kubernetes/service.yaml', text: serviceYaml() },
    { path: 'nginx/nginx.conf', text: nginxConf(n) },
    { path: 'prometheus/adapter-rules.yaml', text: adapterRulesYaml() },
    { path: 'prometheus/alerts-test.yaml', text: alertTestsYaml(plan, n) },
    { path: 'prometheus/alerts.yaml', text: alertRulesYaml(plan, n) },
    { path: 'prometheus/podmonitor.yaml', text: podMonitorYaml() },
    { path: 'scenario/plan-retest.json', text: retestScenario(plan, n) },
  ];
  const problems = lintManifests(files);
  parseScenario(JSON.parse(retestScenario(plan, n)), 'scenario/plan-retest.json');
  if (problems.length > 0) throw invalidInput('manifests', problems);
  return files;
}
