package dummy

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// foreigners are right servers of nine protocols, as their authors write them. Bytes that are no frame
// of theirs they refuse by closing, or they wait for the rest.
func foreigners(t *testing.T) map[string]func(*net.TCPConn) {
	greet := func(serve func(*net.TCPConn)) func(*net.TCPConn) {
		return func(c *net.TCPConn) {
			_, _ = c.Write(loginPacket)
			serve(c)
		}
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	return map[string]func(*net.TCPConn){
		"raw":         echoAll,
		"len16":       eachFrame(func(_ *net.TCPConn, _ int, f []byte) []byte { return f }),
		"len16+login": greet(eachFrame(func(_ *net.TCPConn, _ int, f []byte) []byte { return f })),
		"len16+login, 8 bytes": greet(eachFrame(func(_ *net.TCPConn, _ int, f []byte) []byte {
			return frame.Builtin("len16").AppendPacket(nil, f[2:min(len(f), 10)], 0)
		})),
		"len32 big-endian": headed(4, func(h []byte) int { return int(binary.BigEndian.Uint32(h)) }),
		"length of the whole, id": headed(4, func(h []byte) int {
			return int(binary.LittleEndian.Uint16(h)) - 4
		}),
		"ciphered header": headed(5, func(h []byte) int {
			if h[0] != 0x77 {
				return -1 // a packet of somebody else's
			}
			return int(binary.LittleEndian.Uint16(h[1:]))
		}),
		"TLS": func(c *net.TCPConn) {
			s := tls.Server(c, config)
			_ = s.SetDeadline(time.Now().Add(soon))
			_, _ = io.Copy(s, s)
		},
		"HTTP": func(c *net.TCPConn) {
			if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			}
		},
	}
}

// headed echoes frames whose header says how long the rest is. An illegal length ends the connection.
func headed(size int, length func([]byte) int) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		for {
			b := make([]byte, size)
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			n := length(b)
			if n < 0 || n > 1<<16 {
				return
			}
			b = append(b, make([]byte, n)...)
			if _, err := io.ReadFull(c, b[size:]); err != nil {
				return
			}
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// ofTheLecture are words of diagnoses that are only about a server that was right once.
var ofTheLecture = []string{"IOCount", "SendFlag", "SendQ", "rule R", "wake-up", "full disk", "accepting",
	"closed_healthy", "server_stalled", "debugger"}

// TestAWrongFrameIsToldAsSuch runs each frame against each protocol. Whoever answers or closes, and
// never was right, is a frame_mismatch before all else, with the bytes of both sides; whoever is
// silent may be mute. Nobody is told about the lecture's mistakes.
func TestAWrongFrameIsToldAsSuch(t *testing.T) {
	t.Parallel()
	for name, serve := range foreigners(t) {
		for _, format := range []string{"raw", "len16", "len32", "line", "net"} {
			t.Run(fmt.Sprintf("%v to %s", format, name), func(t *testing.T) {
				t.Parallel()
				cfg := testConfig(startServer(t, serve))
				cfg.Foreign, cfg.Frame, cfg.SizeMin, cfg.SizeMax = true, frame.Builtin(format), 12, 24
				cfg.EchoTimeout, cfg.DrainTimeout = 100*time.Millisecond, 1500*time.Millisecond
				f := startFleet(t, cfg)
				wholeRun(t, f, 300*time.Millisecond)
				s := snap(f)
				fits := name == "raw" || // it gives everything back
					format == "len16" && strings.HasPrefix(name, "len16") ||
					format == "net" && name == "ciphered header"
				if !fits || s.Ledger.Echoed == 0 {
					mustBeStrange(t, s)
				} else if name == "raw" || name == "len16" {
					onlyNamed(t, s, []monitor.Fault{monitor.Late})
				}
			})
		}
	}
}

func mustBeStrange(t *testing.T, s *monitor.View) {
	t.Helper()
	v := monitor.Judge(s, monitor.Rules{})
	var b strings.Builder
	must(t, monitor.WriteReport(&b, s, v, monitor.Meta{}))
	for _, word := range ofTheLecture {
		if strings.Contains(b.String(), word) {
			t.Errorf("%q is said in\n%s", word, b.String())
		}
	}
	silent := s.Bytes.Received == 0 && s.Connections.ClosedByServer == 0
	name, says := monitor.FrameMismatch, "Sent "
	if silent {
		name, says = monitor.NeverServed, "no answer: a wrong frame or a mute server"
	}
	if v.ExitCode != monitor.ExitFault || len(v.Diagnoses) == 0 || v.Diagnoses[0].Name != name ||
		!strings.Contains(v.Diagnoses[0].Why, says) {
		t.Errorf("exit %d, want %s first in\n%s", v.ExitCode, name, b.String())
	}
	told := 0
	for _, e := range s.Events {
		if strings.HasPrefix(e.Text, monitor.FrameMismatch+": ") {
			told++
		}
	}
	if told != 1 && !silent {
		t.Errorf("%d times in the log: %+v", told, s.Events)
	}
}

// TestTheLecturesServerWithoutItsFlags: what is missing is said with the first evidence.
func TestTheLecturesServerWithoutItsFlags(t *testing.T) {
	t.Parallel()
	for _, login := range []bool{false, true} {
		for _, sizes := range [][2]int{{12, 24}, {8, 64}} {
			cfg := testConfig(startServer(t, foreigners(t)["len16+login, 8 bytes"]))
			cfg.Foreign, cfg.SizeMin, cfg.SizeMax = true, sizes[0], sizes[1]
			if login {
				cfg.Frame = loggedIn("len16")
			}
			f := startFleet(t, cfg)
			wholeRun(t, f, 300*time.Millisecond)
			var b strings.Builder
			s := snap(f)
			must(t, monitor.WriteReport(&b, s, monitor.Judge(s, monitor.Rules{}), monitor.Meta{}))
			if !strings.Contains(b.String(), "give --frame echo64") {
				t.Errorf("login %v, %v bytes:\n%s", login, sizes, b.String())
			}
		}
	}
	for format, most := range map[*frame.Format]int{loggedIn("len16"): 8, frame.Builtin("echo64"): 64} {
		cfg := testConfig(startServer(t, foreigners(t)["len16+login, 8 bytes"]))
		cfg.Foreign, cfg.Frame, cfg.SizeMin, cfg.SizeMax = true, format, 8, most
		f := startFleet(t, cfg)
		wholeRun(t, f, 300*time.Millisecond)
		if s := snap(f); s.Bad() != 0 || s.Ledger.Echoed == 0 {
			t.Errorf("%v, as README says it: %v, %+v", format, s.Faults, s.Ledger)
		}
	}
}

// TestAWrongFieldIsNamed: where all else comes back right, the report says which to correct.
func TestAWrongFieldIsNamed(t *testing.T) {
	t.Parallel()
	f, err := frame.Parse("mine.yaml", `
frame: [{id: length, type: u2le, counts: body}, {id: type, type: u2le}, {id: body}]
request: {type: 5001, body: [{id: payload}]}
answer: {type: 5002, body: [{id: payload}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(startServer(t, echoAll))
	cfg.Foreign, cfg.Frame, cfg.SizeMin, cfg.SizeMax = true, f, 8, 64
	fleet := startFleet(t, cfg)
	wholeRun(t, fleet, 300*time.Millisecond)
	s := snap(fleet)
	mustBeStrange(t, s)
	const says = "The payload comes back; field type: want 5002 (8a13), got 5001 (8913): correct the description"
	if !strings.Contains(s.Diagnoses[0].Why, says) {
		t.Errorf("%q, want %q", s.Diagnoses[0].Why, says)
	}
}
