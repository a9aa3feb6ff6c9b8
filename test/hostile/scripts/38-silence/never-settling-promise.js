// expect: WALL_TIMEOUT
// limits: wallMs=60
await new Promise(() => {});
