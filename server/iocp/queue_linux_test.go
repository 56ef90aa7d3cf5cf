package iocp

import "testing"

func TestOvQueue(t *testing.T) {
	var q ovQueue
	ovs := make([]Overlapped, 3)
	for range 2 {
		for i := range ovs {
			q.push(&ovs[i])
		}
		for i := range ovs {
			if got := q.pop(); got != &ovs[i] || got.sys.next != nil {
				t.Fatalf("element %d came out of order or still linked", i)
			}
		}
		if q.head != nil || q.tail != nil {
			t.Fatal("the emptied queue is not empty")
		}
	}
}
