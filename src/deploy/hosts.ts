// Files for machines without Kubernetes: nginx, systemd, sysctl, and ECS as CloudFormation.
import type { DeployNumbers } from './deploy-numbers.ts';
import { commentLines, formatNotedYaml, type Noted, noted, type Tree } from './noted-yaml.ts';
import { SECRETS_FOLDER, SERVE_PORT, serveArguments, serveLine } from './serve-command.ts';

/** Addresses kept for benchmarks (RFC 2544), never routed: stand-ins for those of the fleet. */
const PLACEHOLDER_NETWORK = '198.18';
const MAX_LISTED = 1_000;

export function nginxConf(n: DeployNumbers): string {
  const listed = Math.min(n.replicas.value, MAX_LISTED);
  const servers = Array.from(
    { length: listed },
    (_, index) =>
      `        server ${PLACEHOLDER_NETWORK}.${Math.floor((index + 1) / 256)}.${(index + 1) % 256}:${SERVE_PORT} max_fails=2 fail_timeout=10s;`,
  ).join('\n');
  const cut =
    n.replicas.value > MAX_LISTED
      ? `\nOnly ${MAX_LISTED} of ${n.replicas.value} instances are listed: use service discovery.`
      : '';
  return `${commentLines(`Load balancer of the plan. Check: nginx -t -c FILE
FILL IN: the addresses, placeholders of a network that is never routed, and the port.${cut}`)}
events {
    # ${n.workerConnections.why}
    worker_connections ${n.workerConnections.value};
}

http {
    # A session keeps its instance by a cookie; one without gets a random place. Stock nginx, no module.
    map $cookie_enclave_affinity $enclave_affinity {
        ""      $request_id;
        default $cookie_enclave_affinity;
    }

    upstream enclave {
        hash $enclave_affinity consistent;
        # ${n.replicas.why}
${servers}
        # ${n.keepalive.why}
        keepalive ${n.keepalive.value};
    }

    server {
        # assumed
        listen 80;

        location / {
            proxy_pass http://enclave;
            # Without these two nothing is kept alive.
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            # ${n.sessionTimeoutS.why}
            proxy_read_timeout ${n.sessionTimeoutS.value}s;
            add_header Set-Cookie "enclave_affinity=$enclave_affinity; Max-Age=${n.sessionTimeoutS.value}; Path=/; HttpOnly; SameSite=Lax" always;
        }
    }
}
`;
}

export function systemdUnit(n: DeployNumbers): string {
  return `${commentLines(`One instance of the plan. Check: systemd-analyze verify FILE
FILL IN: where enclave is installed, if not in /usr/local/bin, and in ${SECRETS_FOLDER}
keys, lines of "key tenant", and runtime-token.
${serveArguments(n)
  .flatMap((argument) => (typeof argument === 'string' ? [] : [`  ${argument.value}  ${argument.why}`]))
  .join('\n')}`)}
[Unit]
Description=enclave, one instance of the plan
After=network-online.target
Wants=network-online.target

[Service]
# %d: where systemd puts the credentials of this unit
LoadCredential=keys:${SECRETS_FOLDER}/keys
LoadCredential=runtime-token:${SECRETS_FOLDER}/runtime-token
ExecStart=/usr/local/bin/enclave ${serveLine(n, '%d')}
Restart=on-failure
# assumed: a crash loop is slowed down
RestartSec=2s
# ${n.openFiles.why}
LimitNOFILE=${n.openFiles.value}
# ${n.memory.why}
MemoryMax=${n.memory.value.replace('Mi', 'M')}
# session time-out ${n.sessionTimeoutS.value} s + 30 s to drain
TimeoutStopSec=${n.sessionTimeoutS.value + 30}
# host processes start ahead at a low priority, and get this one when they are needed
LimitNICE=+5
DynamicUser=yes
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`;
}

export function sysctlConf(n: DeployNumbers): string {
  return `${commentLines(`Kernel settings of one instance. Only raised, never lowered: compare first with
  enclave doctor
tcp_mem is left alone: the kernel derives it from the memory, and fixed values found in guides are mostly lower.`)}
# ${n.listenBacklog.why}
net.core.somaxconn = ${n.listenBacklog.value}
# as many half-open connections as finished ones
net.ipv4.tcp_max_syn_backlog = ${n.listenBacklog.value}
`;
}

export function ecsYaml(n: DeployNumbers): string {
  const perSecond = n.perSecondPerPod.value;
  const perMinute = Math.max(1, Math.floor(perSecond * 60));
  const scaling = {
    ScaleInCooldown: noted(300, 'a lull of 5 min'),
    ScaleOutCooldown: noted(60, "CloudWatch's minute"),
  };
  const policy = (name: string, metric: Readonly<Record<string, Tree>>, target: Noted<number>) => ({
    Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
    Properties: {
      PolicyName: name,
      PolicyType: 'TargetTrackingScaling',
      ScalingTargetId: { Ref: 'EnclaveTarget' },
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: target,
        PredefinedMetricSpecification: metric,
        ...scaling,
      },
    },
  });
  return formatNotedYaml(
    `ECS service auto scaling as CloudFormation. Parameters name what exists already: cluster, service, load balancer.
ALBRequestCountPerTarget counts per MINUTE: a per-second target here is 60 times too small.`,
    [
      {
        AWSTemplateFormatVersion: '2010-09-09',
        Parameters: {
          ServiceResourceId: { Type: 'String', Description: 'service/CLUSTER/SERVICE' },
          AlbResourceLabel: {
            Type: 'String',
            Description: 'app/ALB/ID/targetgroup/GROUP/ID',
          },
        },
        Resources: {
          EnclaveTarget: {
            Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
            Properties: {
              ServiceNamespace: 'ecs',
              ScalableDimension: 'ecs:service:DesiredCount',
              ResourceId: { Ref: 'ServiceResourceId' },
              MinCapacity: n.minReplicas,
              MaxCapacity: n.maxReplicas,
            },
          },
          EnclaveRequests: policy(
            'enclave-requests',
            { PredefinedMetricType: 'ALBRequestCountPerTarget', ResourceLabel: { Ref: 'AlbResourceLabel' } },
            noted(perMinute, `60 x ${perSecond}/s per task: ${n.perSecondPerPod.why}`),
          ),
          EnclaveCpu: policy(
            'enclave-cpu',
            { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
            n.instanceCpuPercent,
          ),
        },
      },
    ],
  );
}
