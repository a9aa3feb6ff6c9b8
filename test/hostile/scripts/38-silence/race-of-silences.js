// expect: WALL_TIMEOUT
// limits: wallMs=60
await Promise.race([new Promise(() => {}), callTool('hang'), { then() {} }]);
