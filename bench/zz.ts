import { measureHttp } from './generator/http-ceiling.ts';
const h = await measureHttp();
console.log(h, h.enginePerCpuSecond / h.rawPerCpuSecond);
