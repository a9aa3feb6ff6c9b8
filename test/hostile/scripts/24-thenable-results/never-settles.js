// expect: WALL_TIMEOUT
// limits: wallMs=60
return { then() {} };
