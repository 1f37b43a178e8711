package store

import "sync"

// inUse counts the calls in progress, so that Close can wait for them.
type inUse struct {
	mu    sync.Mutex
	ended bool
	calls sync.WaitGroup
}

// begin returns ErrClosed after end, otherwise the function that ends the call.
func (u *inUse) begin() (done func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return nil, ErrClosed
	}
	u.calls.Add(1)
	return u.calls.Done, nil
}

// end lets no further call begin and waits for those in progress. It reports
// whether it was the first to be called.
func (u *inUse) end() bool {
	u.mu.Lock()
	first := !u.ended
	u.ended = true
	u.mu.Unlock()
	if first {
		u.calls.Wait()
	}
	return first
}
