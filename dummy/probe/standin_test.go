package probe

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"dummyload/server/frame"
)

// startServer accepts until the test ends and treats each connection with serve.
func startServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// format finds a format by name, with the login packet where asked for.
func format(t *testing.T, name string, login bool) *frame.Format {
	t.Helper()
	f, err := frame.Named(name)
	if err == nil && login {
		f, err = f.WithLogin()
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// speaks serves a format as described. A packet that is none ends the connection. Each answer takes slow.
func speaks(f *frame.Format, slow time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		say := func(packets [][]byte) bool {
			var b []byte
			for _, p := range packets {
				b = f.AppendPacket(b, p, 12345)
			}
			if len(b) > 0 {
				time.Sleep(slow)
			}
			_, err := c.Write(b)
			return err == nil
		}
		s := f.Server()
		if !say(s.Greetings(-1, &frame.Values{})) {
			return
		}
		var held []byte
		awaits := s.Awaits(0)
		for buf := make([]byte, 4096); ; {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			held = append(held, buf[:n]...)
			for {
				whole, rest, ok, err := f.Next(held)
				if err != nil {
					return
				}
				if !ok || len(whole) == 0 {
					break
				}
				packet, wrong := f.Packet(nil, bytes.Clone(whole))
				held = rest
				if wrong != nil {
					return
				}
				what, parts := s.Look(packet, awaits)
				switch {
				case what == frame.Unknown:
					return
				case what == frame.AStep:
					step := awaits
					awaits = s.Awaits(step + 1)
					if !say(s.Greetings(step, &parts.Values)) {
						return
					}
				case what == frame.AnEcho && !say([][]byte{s.AppendAnswer(nil, &parts)}):
					return
				}
			}
		}
	}
}

// certificate is a key and its certificate, in PEM.
func certificate(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, name, name, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
}

// secure serves TLS.
func secure(t *testing.T) func(net.Conn) {
	t.Helper()
	both := certificate(t)
	pair, err := tls.X509KeyPair(both, both)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{pair}}
	return func(c net.Conn) {
		s := tls.Server(c, cfg)
		_, _ = io.Copy(s, s)
	}
}

// mute reads and says nothing.
func mute(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
