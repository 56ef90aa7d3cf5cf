package iocp

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestNewNamesWhatItAccepts(t *testing.T) {
	_, err := New(Config{Backend: "kqueue"})
	if err == nil {
		t.Fatal("an unknown backend was opened")
	}
	for _, want := range append(Backends(), `"kqueue"`, Auto) {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}

func TestNewRefusesImpossibleSizes(t *testing.T) {
	for _, cfg := range []Config{
		{Workers: -1}, {Workers: MaxWorkers + 1}, {RecvSize: -1}, {RecvSize: MaxRecvSize + 1},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("a port was opened with %d workers, receives of %d bytes",
				cfg.Workers, cfg.RecvSize)
		}
	}
}

func TestAskedForIsNotReplaced(t *testing.T) {
	saved := candidates
	defer func() { candidates = saved }()
	why := errors.New("forbidden here")
	candidates = []candidate{
		{"best", func(Config) (Port, error) { return nil, why }},
		{"net", newNet},
	}
	_, err := New(Config{Backend: "best"})
	if !errors.Is(err, why) || !strings.Contains(err.Error(), "best") {
		t.Errorf("a backend that cannot run: %v", err)
	}
}

func TestAutoTellsWhatItSkipped(t *testing.T) {
	saved := candidates
	defer func() { candidates = saved }()
	why := errors.New("forbidden here")
	fails := func(Config) (Port, error) { return nil, why }
	candidates = []candidate{{"best", fails}, {"second", fails}, {"net", newNet}, {"last", fails}}
	var skipped []string
	p, err := New(Config{Skipped: func(backend string, err error) {
		skipped = append(skipped, backend)
		if !errors.Is(err, why) {
			t.Errorf("%s was skipped for %v", backend, err)
		}
	}})
	if err != nil || p.Backend() != "net" {
		t.Fatalf("auto took %v, %v", p, err)
	}
	if !slices.Equal(skipped, []string{"best", "second"}) {
		t.Errorf("auto tells that it skipped %v", skipped)
	}
	candidates = candidates[:2]
	if _, err := New(Config{Backend: Auto}); !errors.Is(err, why) ||
		!strings.Contains(err.Error(), "second") {
		t.Errorf("none can run: %v", err)
	}
}
