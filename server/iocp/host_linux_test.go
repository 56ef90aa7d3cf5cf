package iocp

import "testing"

func TestPortRange(t *testing.T) {
	for text, want := range map[string]bool{
		"32768\t60999\n": true, "1 65535": true,
		"": false, "32768": false, "60999 32768": false, "0 10": false, "1 70000": false,
	} {
		if lo, hi, ok := parsePortRange(text); ok != want || ok && (lo < 1 || hi < lo) {
			t.Errorf("%q: %d to %d, %v", text, lo, hi, ok)
		}
	}
	if lo, hi, ok := PortRange(); !ok || lo >= hi {
		t.Errorf("this system's: %d to %d, %v", lo, hi, ok)
	}
}
