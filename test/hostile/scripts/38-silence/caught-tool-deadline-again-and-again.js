// expect: WALL_TIMEOUT
// limits: wallMs=100 toolTimeoutMs=10
for (;;) await callTool('hang').catch(() => 0);
