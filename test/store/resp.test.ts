import { describe, expect, it } from 'vitest';
import { encodeCommand, type Reply, RespError, RespParser } from '../../src/store/resp.ts';

// Expected bytes are those of the protocol's specification: https://redis.io/docs/latest/develop/reference/protocol-spec/
describe('commands of Redis', () => {
  it('are arrays of texts with their length in bytes', () => {
    expect(encodeCommand(['LLEN', 'mylist'])).toBe('*2\r\n$4\r\nLLEN\r\n$6\r\nmylist\r\n');
    expect(encodeCommand(['SET', 'k', 1.5, ''])).toBe(
      '*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n1.5\r\n$0\r\n\r\n',
    );
    expect(encodeCommand(['ECHO', 'für 🎈'])).toBe('*2\r\n$4\r\nECHO\r\n$9\r\nfür 🎈\r\n');
  });
});

describe('replies of Redis', () => {
  const stream = [
    ['+OK\r\n', 'OK'],
    [':1000\r\n', 1_000],
    [':-1\r\n', -1],
    ['$5\r\nhello\r\n', 'hello'],
    ['$0\r\n\r\n', ''],
    ['$-1\r\n', null],
    ['*-1\r\n', null],
    ['*0\r\n', []],
    // A text may hold what ends a line.
    ['$6\r\na\r\nb\r\n\r\n', 'a\r\nb\r\n'],
    ['$8\r\n🎈 ü\n\r\n', '🎈 ü\n'],
    ['*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n$3\r\nend\r\n', [1, ['a', null], 'end']],
    ['-ERR unknown command\r\n', new RespError('ERR unknown command')],
  ] as const satisfies readonly (readonly [string, Reply])[];
  const bytes = Buffer.from(stream.map(([text]) => text).join(''));
  const expected = stream.map(([, reply]) => reply);

  it('are read whole, many from one piece', () => {
    const replies: Reply[] = [];
    new RespParser().push(bytes, (reply) => replies.push(reply));
    expect(replies).toEqual(expected);
  });

  it('are the same wherever the stream is cut', () => {
    for (let size = 1; size < bytes.length; size++) {
      const parser = new RespParser();
      const replies: Reply[] = [];
      for (let at = 0; at < bytes.length; at += size)
        parser.push(bytes.subarray(at, at + size), (reply) => replies.push(reply));
      expect(replies, `pieces of ${size}`).toEqual(expected);
    }
  });

  it('that are not of the protocol are told', () => {
    expect(() => new RespParser().push(Buffer.from('?\r\n'), () => {})).toThrow(/expected a reply/u);
  });
});
