// expect: CPU_TIMEOUT
class Odd extends Array {
  static get [Symbol.species]() {
    for (;;);
  }
}
new Odd(1, 2).map((x) => x);
