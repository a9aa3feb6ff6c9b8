// expect: CPU_TIMEOUT
eval('while (true) {}');
