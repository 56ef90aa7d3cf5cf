package server

// received cuts a chunk into packets and shows them to the handler. Whole frames are shown
// where the port put them (C10); only one that the network cut in two is copied together.
func (w *worker) received(s *session, chunk []byte) {
	id := s.id.load()
	packets := uint64(0)
	w.receiving, w.receivingID = s, id
	for len(chunk) > 0 && !s.ended() {
		packet, rest, err := w.cut(s, chunk)
		if err != nil {
			w.cancel(s, reasonOfFrame(err))
			break
		}
		chunk = rest
		if packet == nil {
			continue
		}
		w.rest = len(rest)
		w.srv.handler.Received(w, id, packet)
		packets++
		if w.joined != nil {
			w.blocks.Put(w.joined)
			w.joined = nil
		}
	}
	w.receiving, w.receivingID = nil, 0
	w.count.recvPackets.Add(packets)
}

// cut takes the next packet off chunk, nil when there is none yet. An incomplete frame is kept
// in s.partial, which is as large as what has arrived of it, whatever its header claims.
func (w *worker) cut(s *session, chunk []byte) (packet, rest []byte, err error) {
	format := w.srv.cfg.Frame
	if s.partial == nil {
		packet, rest, ok, err := format.Next(chunk)
		if ok || err != nil {
			return packet, rest, err
		}
		s.keep(w.blocks.Grow(nil, chunk), w.srv.clock.Load())
		return nil, nil, nil
	}
	n, whole, err := format.Join(s.partial.Data, chunk)
	if err != nil {
		return nil, nil, err
	}
	s.partial = w.blocks.Grow(s.partial, chunk[:n])
	if !whole {
		s.keep(s.partial, 0)
		return nil, chunk[n:], nil
	}
	w.joined = s.partial
	s.keep(nil, 0)
	return format.Payload(w.joined.Data), chunk[n:], nil
}
