package main

import (
	"os"
	"strings"
	"testing"

	"dummyload/monitor"
)

// gameFrame is the game's description with heartbeats sooner than a test's game kicks.
func gameFrame(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(standinPath("game.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	soon := strings.Replace(string(text), "every: 2s", "every: 100ms", 1)
	if soon == string(text) {
		t.Fatal("game.yaml has no heartbeat every 2s")
	}
	path := tempFile(t, "game.yaml")
	if err := os.WriteFile(path, []byte(soon), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGame: a game's session with login, heartbeat and notices goes on for longer than it would without
// heartbeats.
func TestGame(t *testing.T) {
	t.Parallel()
	game := startStandins(t, "game.py", "--kick", "3", "--notice", "0.05")
	r, s := runJSON(t, "--target", game.at["game"], "--frame", gameFrame(t), "--clients", "6",
		"--loop-delay", "5ms", "--duration", "4.5s", "--quiet", "50ms")
	mustPass(t, r, s)
	n := game.end()["game"]
	if n["kicks"] != 0 || n["bad"] != 0 || n["logins"] != 6 || n["heartbeats"] == 0 || n["notices"] == 0 {
		t.Errorf("the game has counted %v", n)
	}
}

// TestGameWithoutHeartbeat: the game closes who sends none, and the report asks whether it wants one.
func TestGameWithoutHeartbeat(t *testing.T) {
	t.Parallel()
	game := startStandins(t, "game.py", "--kick", "1.2")
	r, s := runJSON(t, "--target", game.at["game"], "--frame", standinPath("game-noheartbeat.yaml"),
		"--clients", "6", "--loop-delay", "5ms", "--duration", "2.8s", "--quiet", "50ms")
	mustName(t, r, s, []string{"closed_by_server", monitor.AgeLimit}, []string{"reset_by_server"})
	if n := game.end()["game"]; n["kicks"] == 0 || n["bad"] != 0 {
		t.Errorf("the game has counted %v", n)
	}
}

// TestTheProbeFindsTheGame, whose description it is given: it logs in as that says.
func TestTheProbeFindsTheGame(t *testing.T) {
	t.Parallel()
	game := startStandins(t, "game.py", "--notice", "0.05")
	if r := dummyload(t, "probe", game.at["game"], "--frame", standinPath("game.yaml")); r.code != 0 ||
		!strings.Contains(r.stdout, "fits: "+standinPath("game.yaml")+",") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}
