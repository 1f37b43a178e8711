package github

import (
	"context"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// inFlight is how many chunks of one kind are on their way at once: the most that the
// budget ever lets through.
const inFlight = 8

// turn waits until one more chunk may be asked for, and returns how large. Few are
// on their way at once, so that the next follow from their answers.
func (l *learner) turn(ctx context.Context, c chunkOf) (advice, error) {
	stopping := durable.Stopping(ctx)
	for {
		size, changed := l.next(c)
		if size > 0 {
			return advice{size}, nil
		}
		select {
		case <-changed:
		case <-stopping.Done():
			return advice{}, durable.ErrStopped
		case <-ctx.Done():
			return advice{}, ctx.Err()
		}
	}
}

// advice is how much to ask for.
type advice struct {
	Size int `json:"size"`
}

func (l *learner) next(c chunkOf) (size int, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !Reads(c.kind) {
		return l.advise(c), nil // one page leads to the next
	}
	p, t := l.pace(c.kind), &l.turns
	flying := len(t.flying[c.kind])
	// A size that may be too much goes alone, so that it fails once, and one that
	// would save most of the requests is waited for.
	alone := min(c.n, p.Size) > p.safe || c.n > p.Size && p.trial != "" && p.larger >= 4*p.Size
	if flying >= inFlight || flying > 0 && alone {
		return 0, t.changed
	}
	entry(t.flying, c.kind)[c.name] = true
	return l.advise(c), nil
}

// sent notes that a chunk is on its way, ended that it is not any more.
func (l *learner) sent(kind, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry(l.turns.flying, kind)[name] = true
}

func (l *learner) ended(kind, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.turns.flying[kind], name)
	if p := l.pace(kind); p.trial == name {
		p.trial = ""
	}
	close(l.turns.changed)
	l.turns.changed = make(chan struct{})
}
