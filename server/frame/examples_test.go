package frame

// examples are descriptions of layouts in the field, and of every power that the language has.
var examples = map[string]string{
	"typed": `
title: NetServer with packet types, login and heartbeat
frame:
  - {id: code, type: u1, contents: 0x77}
  - {id: length, type: u2le, counts: body}
  - {id: rand, type: u1, value: random}
  - {id: sum, type: u1, value: sum8(body)}
  - {id: body}
process: {netchain: {key: 0x32, random: rand, from: sum}}
request: {body: [{type: u2le, contents: 5000}, {type: u8le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 5001}, {type: u8le, value: client}, {id: payload}]}
session:
  - send:
      body: [{type: u2le, contents: 1001}, {type: u8le, value: client}, {size: 64, fill: 0}, {type: u4le, contents: 1}]
  - expect: {body: [{type: u2le, contents: 1002}, {size: 1, any: true}]}
heartbeat: {every: 30s, send: {body: [{type: u2le, contents: 5002}]}}
ignore:
  - {body: [{type: u2le, contents: 6000}, {rest: any}]}
`,
	"magic and type": `
frame:
  - {contents: [0x89]}
  - {id: length, type: u1, counts: rest}
  - {id: type, type: u1}
  - {id: body}
  - {id: end, contents: [0x79]}
request: {type: 1, body: [{id: payload}]}
answer: {type: 2, body: [{id: payload}]}
`,
	"type before size": `
frame:
  - {contents: [0x89]}
  - {id: type, type: u2le}
  - {id: length, type: u2le, counts: body}
  - {id: body}
request: {type: 1, body: [{id: payload}]}
answer: {type: 1, body: [{id: payload}]}
`,
	"digits with zeros": `
frame:
  - {id: length, type: digits, size: 4, counts: body}
  - {id: body}
`,
	"digits with spaces": `
frame:
  - {id: length, type: digits, size: 6, pad: " ", counts: frame, plus: 2}
  - {id: body}
`,
	"three bytes": `
frame:
  - {id: length, type: u3be, counts: frame, plus: -3}
  - {id: body}
`,
	"eight bytes": `
frame:
  - {id: version, type: u1, contents: 2}
  - {id: length, type: u8be, counts: rest}
  - {id: serial, type: u4be, value: sequence, counts: packets}
  - {id: body}
`,
	"checksums": `
frame:
  - {id: length, type: u4be, counts: rest}
  - {id: crc, type: u4le, value: "crc32(length, body)"}
  - {id: body}
  - {id: x, type: u1, value: xor8(body)}
`,
	"adler": `
frame:
  - {id: length, type: u2be, counts: body}
  - {id: body}
  - {id: sum, type: u4be, value: adler32(body)}
`,
	"xor": `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: mark, contents: "mk"}
  - {id: body}
process: {xor: {key: [1, 2, 3], from: mark}}
`,
	"sum of what travels": `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: crc, type: u2le, value: crc16(body), over: ciphered}
  - {id: body}
process: {xor: {key: [0xaa, 0x55, 7], from: body}}
`,
	"sum in hex of what travels": `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: crc, type: hex, size: 8, value: crc32(body), over: ciphered}
  - {id: body}
process: {xor: {key: [0xaa, 0x55, 7], from: body}}
`,
	"chain and sum of what travels": `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: r, type: u1, value: random}
  - {id: crc, type: u4le, value: crc32(body), over: ciphered}
  - {id: body}
process: {netchain: {key: 9, random: r, from: body}}
`,
	"who and which": `
frame:
  - {id: length, type: u2le, counts: frame}
  - {id: client, type: u4le, value: client}
  - {id: body}
request: {body: [{id: n, type: u2be, value: connection}, {id: payload}, {id: seq, type: u4le, value: sequence}]}
answer: {body: [{id: seq, type: u4le, value: sequence}, {id: payload}, {id: salt, type: u4le, value: random}]}
`,
	"text": `
frame:
  - {contents: "ECHO "}
  - {id: body, terminator: "\r\n\r\n"}
request:
  body:
    - {id: who, type: digits, size: 6, value: client}
    - {contents: " "}
    - {id: payload}
    - {contents: " "}
    - {id: crc, type: hex, size: 8, value: "crc32(who)"}
answer: {body: [{contents: "ok "}, {id: payload}]}
`,
	"sums of the payload": `
frame:
  - {id: body, terminator: "\r\n"}
request: {body: [{contents: "ECHO "}, {id: payload}, {id: crc, type: hex, size: 8, value: crc32(payload)}]}
answer: {body: [{id: crc, type: hex, size: 8, value: crc32(payload)}, {contents: " "}, {id: payload}]}
`,
	"nul": `
frame:
  - {id: body, terminator: [0]}
`,
	"random in a sum": `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: body}
  - {id: sum, type: u1, value: sum8(body)}
answer: {body: [{id: r, type: u2le, value: random}, {id: payload}]}
`,
	"stream with login": `
stream: true
session:
  - send: {body: [{contents: "hello\n"}]}
  - expect: {body: [{contents: "welcome\n"}]}
`,
	"options in lists": `
options: {magic: [1, 2, 3]}
frame:
  - {contents: $magic}
  - {id: length, type: u2le, counts: body}
  - {id: body}
`,
}
