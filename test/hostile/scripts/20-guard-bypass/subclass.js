// expect: ok
// value: [false, true]
class Wide extends ArrayBuffer {
  constructor() {
    super(8, { maxByteLength: 2 ** 31 });
  }
}
const buffer = new Wide();
return [buffer.resizable, buffer instanceof Wide];
