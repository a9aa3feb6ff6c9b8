// expect: SANDBOX_CRASHED, UNRESPONSIVE_KILLED
// kills: host
// limits: cpuMs=50
return (2n ** (2n ** 27n)).toString();
