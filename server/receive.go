package server

// received cuts a chunk into packets and shows them to the handler. Most lie where the port put them
// (C10). Only a frame that the network cut in two is copied together, and only one that is ciphered,
// or has fields that vary, is taken apart elsewhere.
func (w *worker) received(s *session, chunk []byte) {
	id := s.id.load()
	packets := uint64(0)
	w.receiving, w.receivingID = s, id
	for len(chunk) > 0 && !s.ended() {
		whole, rest, err := w.cut(s, chunk)
		if err != nil {
			w.cancel(s, reasonOfFrame(err))
			break
		}
		chunk = rest
		if whole == nil {
			continue
		}
		var packet []byte
		if w.srv.bare {
			packet = w.srv.cfg.Frame.Within(whole)
		} else {
			packet = w.open(whole)
		}
		if packet != nil {
			w.rest = len(rest)
			w.srv.handler.Received(w, id, packet)
			packets++
		} else {
			w.cancel(s, FrameWrong)
		}
		if w.joined != nil {
			w.blocks.Put(w.joined)
			w.joined = nil
		}
	}
	if w.opened != nil {
		w.blocks.Put(w.opened)
		w.opened = nil
	}
	w.receiving, w.receivingID = nil, 0
	w.count.recvPackets.Add(packets)
}

// cut takes the next frame off chunk, nil when there is none yet. An incomplete frame is kept
// in s.partial, which is as large as what has arrived of it, whatever its header claims.
func (w *worker) cut(s *session, chunk []byte) (whole, rest []byte, err error) {
	format := w.srv.cfg.Frame
	if s.partial == nil {
		whole, rest, ok, err := format.Next(chunk)
		if ok || err != nil {
			return whole, rest, err
		}
		s.keep(w.blocks.Grow(nil, chunk), w.srv.clock.Load())
		return nil, nil, nil
	}
	n, done, err := format.Join(s.partial.Data, chunk)
	if err != nil {
		return nil, nil, err
	}
	s.partial = w.blocks.Grow(s.partial, chunk[:n])
	if !done {
		s.keep(s.partial, 0)
		return nil, chunk[n:], nil
	}
	w.joined = s.partial
	s.keep(nil, 0)
	return w.joined.Data, chunk[n:], nil
}

// open takes the packet out of a frame that is more than that and a length, nil where the frame is not
// as described. The packet is valid until the next one of the chunk.
func (w *worker) open(whole []byte) []byte {
	format := w.srv.cfg.Frame
	var scratch []byte
	if n := format.Scratch(len(whole)); n > 0 {
		if w.opened != nil && w.opened.Room() < n {
			w.blocks.Put(w.opened)
			w.opened = nil
		}
		if w.opened == nil {
			w.opened = w.blocks.Get(n)
		}
		scratch = w.opened.Data
	}
	packet, wrong := format.Packet(scratch, whole)
	if wrong != nil {
		return nil
	}
	return packet
}
