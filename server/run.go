package server

import (
	"errors"
	"runtime"
	"time"

	"dummyload/server/iocp"
)

// stopTimeout is how long the workers may take to obey the order to stop.
const stopTimeout = 5 * time.Second

// startThreads starts a thread for each worker. All of them begin, or none.
func (srv *Server) startThreads() error {
	ready := make(chan error, len(srv.workers))
	begin := make(chan bool, len(srv.workers))
	srv.accepts.Store(int64(len(srv.workers) * acceptsPerWorker))
	for _, w := range srv.workers {
		go srv.thread(w, ready, begin)
	}
	var failed error
	for range srv.workers {
		failed = errors.Join(failed, <-ready)
	}
	for range srv.workers {
		begin <- failed == nil
	}
	if failed != nil {
		for range srv.workers {
			<-srv.threads
		}
	}
	return failed
}

// thread is one worker's life.
func (srv *Server) thread(w *worker, ready chan<- error, begin <-chan bool) {
	defer func() { srv.threads <- w }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	port, err := srv.port.Worker()
	ready <- err
	if err != nil {
		<-begin
		return
	}
	if <-begin {
		w.attach(port)
		w.startAccepts()
		w.run()
	}
	if err := port.Close(); err != nil && w.failure == nil {
		w.failure = err
	}
}

// attach gives the worker its access to the port. With several workers a new session's first receive
// is posted through the port, which gives the session to one of them in turn. What a worker posts
// itself stays with that worker.
func (w *worker) attach(port iocp.Worker) {
	w.port, w.post, w.first = port, port, port
	if len(w.srv.workers) > 1 {
		w.first = w.srv.port
	}
}

// stopThreads orders each worker to stop (R7) and returns those that did not.
func (srv *Server) stopThreads() []*worker {
	for range srv.workers {
		if err := srv.port.Post(nil); err != nil {
			break // the port is broken, and its workers end because of that
		}
	}
	running := append([]*worker(nil), srv.workers...)
	deadline := time.After(stopTimeout)
	for len(running) > 0 {
		select {
		case ended := <-srv.threads:
			for i, w := range running {
				if w == ended {
					running = append(running[:i], running[i+1:]...)
					break
				}
			}
		case <-deadline:
			return running
		}
	}
	return nil
}
