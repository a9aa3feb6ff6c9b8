// expect: CPU_TIMEOUT
}); for (;;); (async () => {
