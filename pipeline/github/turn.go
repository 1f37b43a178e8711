package github

import (
	"context"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// turns says which chunk may be asked for next. It belongs to a [learner].
type turns struct {
	flying  map[string]map[string]bool // chunks on their way, by kind and name
	changed chan struct{}              // closed when something changed

	standing bool           // every status is known
	owners   int            // that are surveyed
	totals   map[string]int // how many repositories they have, as far as they were listed
}

// inFlight is how many chunks of one kind are on their way at once: as many as
// the budget lets through when it lets through most.
const inFlight = 8

// details reports whether a kind is asked for after every status stands.
func details(kind string) bool { return kind == kindTrees || kind == kindFiles || kind == kindCounts }

// begin is told that a run begins.
func (l *learner) begin(owners int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns = turns{flying: make(map[string]map[string]bool), changed: make(chan struct{}), owners: owners, totals: make(map[string]int)}
}

// counted is told how many repositories an owner has.
func (l *learner) counted(owner string, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns.totals[owner] = total
}

// stand is told that every status stands.
func (l *learner) stand() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns.standing = true
	l.turns.change()
}

func (t *turns) change() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// turn waits until one more chunk may be asked for, and returns how large. So few
// are on their way that the sizes of the next follow from their answers. Details
// wait until every status stands, or time is cheap.
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

// chunkOf is a chunk that is to be planned: of a kind, by the name under which
// it is asked for, out of n things.
type chunkOf struct {
	kind, name string
	n          int
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
	t, cheap := &l.turns, l.cheap()
	flying := len(t.flying[c.kind])
	if flying >= inFlight || details(c.kind) && !t.standing && !cheap {
		return 0, t.changed
	}
	p := l.pace(c.kind)
	// A size that may be too much goes alone, so that it fails once; statuses do
	// not wait for it where time is cheap. One that would save most of the
	// requests is waited for.
	alone := min(c.n, p.Size) > p.safe || c.n > p.Size && p.trial != "" && p.larger >= 4*p.Size
	if alone && flying > 0 && (details(c.kind) || !cheap) {
		return 0, t.changed
	}
	entry(t.flying, c.kind)[c.name] = true
	return l.advise(c), nil
}

// sent is told that a chunk is on its way, ended that it is no more.
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
	l.turns.change()
}

const (
	// spare is how much of GitHub's time a survey may take in all for details to
	// be asked for beside what the statuses need: the half of GitHub's minute in
	// which package budget holds nothing back.
	spare = 25 * time.Second
	// behind is how much of GitHub's time histories and sizes take for each
	// second of tips, rounded up: 1.14 in a first survey of 940 simulated
	// repositories.
	behind = 1.25
)

// cheap reports whether all that the statuses need fits into GitHub's minute so
// easily that details may use the places that are left, as far as answers of
// this run tell. Then nothing has to wait for them.
func (l *learner) cheap() bool {
	list, tips := l.pace(kindList), l.pace(kindTips)
	if len(l.turns.totals) < l.turns.owners || list.things == 0 || tips.things == 0 {
		return false
	}
	total := time.Duration(0)
	for _, n := range l.turns.totals {
		total += time.Duration(n)
	}
	need := total*list.took/time.Duration(list.things) + time.Duration((1+behind)*float64(total*tips.took/time.Duration(tips.things)))
	for kind, p := range l.paces {
		if details(kind) {
			need += p.took
		}
	}
	return need <= spare
}
