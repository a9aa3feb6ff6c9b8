// expect: ok
// value: [false, false]
class Wide extends ArrayBuffer {
  static get [Symbol.species]() {
    return function (length) {
      return new ArrayBuffer(length, { maxByteLength: 2 ** 31 });
    };
  }
}
return [new Wide(8).slice(0).resizable, new Uint8Array(new ArrayBuffer(4)).slice().buffer.resizable];
