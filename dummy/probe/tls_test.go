package probe

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheGreetingHasTheLengthsThatItSays(t *testing.T) {
	if n := len(clientHello); n > MaxSent || int(clientHello[4]) != n-5 || int(clientHello[8]) != n-9 {
		t.Errorf("%d bytes: %x", n, clientHello)
	}
}

// asyncioTLS serves TLS, and prints its port.
const asyncioTLS = `
import asyncio, ssl, sys
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(sys.argv[1])
async def echo(r, w):
    while data := await r.read(1000):
        w.write(data)
async def main():
    s = await asyncio.start_server(echo, '127.0.0.1', 0, ssl=ctx)
    print(s.sockets[0].getsockname()[1], flush=True)
    await asyncio.wait_for(s.serve_forever(), 60)
asyncio.run(main())
`

// TestOpenSSLUnderAsyncioIsAskedAfter: it closes without a byte on a greeting that it cannot take.
func TestOpenSSLUnderAsyncioIsAskedAfter(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	pem := filepath.Join(t.TempDir(), "x.pem") // Wine, which could not remove it, has no python3
	if err := os.WriteFile(pem, certificate(t), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), python, "-c", asyncioTLS, pem)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	b := make([]byte, 20)
	n, err := out.Read(b)
	if err != nil {
		t.Skip("this python3 has no TLS: ", err)
	}
	r := Probe(t.Context(), "127.0.0.1:"+string(bytes.TrimSpace(b[:n])), nil, nil)
	if says := text(t, r); !strings.Contains(says, "as some servers of TLS do") {
		t.Error(says)
	}
}
