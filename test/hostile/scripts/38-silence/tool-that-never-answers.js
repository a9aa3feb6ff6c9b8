// expect: WALL_TIMEOUT
// limits: wallMs=60
await callTool('hang');
