package store

import "sync"

// inUse counts the calls in progress, so that Close can wait for them.
type inUse struct {
	mu    sync.Mutex
	n     int
	ended chan struct{} // not nil once end was called; closed when n is 0
}

// begin returns ErrClosed after end, otherwise the function that ends the call.
func (u *inUse) begin() (done func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended != nil {
		return nil, ErrClosed
	}
	u.n++
	return u.done, nil
}

func (u *inUse) done() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n--; u.n == 0 && u.ended != nil {
		close(u.ended)
	}
}

// end lets no further call begin and waits for those in progress. It reports
// whether it was the first to be called.
func (u *inUse) end() bool {
	u.mu.Lock()
	if u.ended != nil {
		u.mu.Unlock()
		return false
	}
	u.ended = make(chan struct{})
	if u.n == 0 {
		close(u.ended)
	}
	u.mu.Unlock()
	<-u.ended
	return true
}
