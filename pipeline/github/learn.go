package github

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// The kinds of queries. They are the steps under which answers are checkpointed,
// so they never change.
const (
	kindEnterprise = "enterprise"
	kindProperties = "properties"
	kindList       = "list"
	kindChanges    = "changes"
	kindTips       = "tips"
	kindHistory    = "history"
	kindSizes      = "size"
	kindTrees      = "tree"
	kindFiles      = "file"
	kindCounts     = "count"
)

// Reads reports whether a checkpoint of this step holds what GitHub said about
// several repositories: a chunk.
func Reads(step string) bool {
	return slices.Contains([]string{kindTips, kindHistory, kindSizes, kindTrees, kindFiles, kindCounts}, step)
}

// bounds are how much of a kind is asked for at once, at first and at most. The first
// has to be safe: at the prices that package graphql reckons with, each takes GitHub
// about three of the ten seconds that it has.
var bounds = map[string]struct{ first, most int }{
	kindList:    {100, 100},
	kindChanges: {25, 25},
	kindTips:    {100, 100},
	kindHistory: {35, 50},
	kindSizes:   {40, 100},
	kindTrees:   {20, 100},
	kindFiles:   {20, 100},
	kindCounts:  {100, 100},
}

const (
	// An answer within swift leaves room for more; after one beyond slow less is
	// asked for.
	swift = 3 * time.Second
	slow  = 5 * time.Second
	// patience is how many good answers in a row it takes until a size that failed
	// once is approached again.
	patience = 64
)

// pace is what was learnt about one kind of query.
type pace struct {
	Size int `json:"size"` // to ask for next
	// Ceiling is the smallest size that GitHub could not answer; zero for none.
	Ceiling int `json:"ceiling,omitempty"`
	// Clean counts the good answers since the size last changed.
	Clean int `json:"clean,omitempty"`

	proven int    // the largest size that was answered
	safe   int    // the largest that is sure to be answered as well
	quick  bool   // the last of that size took far less time than it may
	larger int    // a size that may do too; zero for none
	trial  string // the chunk that tries it; empty for none
	// strikes counts the failures in a row of a size that was answered before.
	strikes int
}

// learner keeps how much to ask for at once, one size for each kind of query, and
// learns from every answer. Its callers checkpoint its advice, so that it may
// change at any time. It is safe for concurrent use.
type learner struct {
	mu    sync.Mutex
	paces map[string]*pace
	turns turns
}

// turns are the chunks on their way, by kind and name, and who waits for one to
// end. They belong to a [learner].
type turns struct {
	flying  map[string]map[string]bool
	changed chan struct{} // closed when one ended
}

func newLearner(learnt json.RawMessage) *learner {
	l := &learner{paces: make(map[string]*pace), turns: turns{make(map[string]map[string]bool), make(chan struct{})}}
	if json.Unmarshal(learnt, &l.paces) != nil {
		clear(l.paces) // of another form, so nothing is known
	}
	for kind, p := range l.paces {
		if b, ok := bounds[kind]; !ok || p == nil || p.Size < 1 || p.Size > b.most {
			delete(l.paces, kind)
			continue
		}
		p.proven, p.safe = p.Size, p.Size // what one process learnt holds for the next
	}
	return l
}

// learnt is what the next process wants to know.
func (l *learner) learnt() json.RawMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, _ := json.Marshal(l.paces) // a map of numbers
	return b
}

// chunkOf is a chunk that is to be planned: of a kind, by the name under which
// it is asked for, out of n things.
type chunkOf struct {
	kind, name string
	n          int
}

// advise says how much to ask for. A larger size than was ever answered is
// advised once, and not again before the answer is there: if it is too much, one
// query fails and not all that are on their way.
func (l *learner) advise(c chunkOf) int {
	p := l.pace(c.kind)
	if c.n > p.Size && p.larger > p.Size && p.trial == "" {
		p.trial = c.name
		return min(c.n, p.larger)
	}
	return min(c.n, p.Size)
}

// pace is what is known of a kind. One that was never asked for starts no higher
// than where another had to be cut down to.
func (l *learner) pace(kind string) *pace {
	if p := l.paces[kind]; p != nil {
		return p
	}
	p := &pace{Size: bounds[kind].first}
	if trees := l.paces[kindTrees]; kind == kindFiles && trees != nil {
		p.Size, p.safe = max(p.Size, trees.Size), trees.safe // a file is found as a tree is
	}
	for other, o := range l.paces {
		if Reads(kind) && Reads(other) && o.Ceiling > 0 {
			p.Size = min(p.Size, o.Size)
		}
	}
	if tips := l.paces[kindTips]; tips != nil && tips.quick && (kind == kindHistory || kind == kindSizes) {
		p.safe = p.Size // statuses wait for it, and GitHub is far faster than it may be
	}
	l.paces[kind] = p
	return p
}

// answered learns from a good answer about n.
func (l *learner) answered(kind string, n int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, most := l.pace(kind), bounds[kind].most
	p.proven = max(p.proven, n)
	p.Clean++
	if n >= p.Size {
		p.strikes = 0
	}
	fits := most
	if took > 0 {
		fits = int(min(int64(most), int64(n)*int64(swift)/int64(took)))
	}
	p.safe = max(p.safe, n, min(fits, 2*n))
	if took > slow {
		p.set(min(p.Size, max(fits, 1)))
		return
	}
	if n >= p.Size {
		p.quick = took < swift/8
	}
	switch {
	case n > p.Size && p.quick && p.larger < 2*n:
		p.set(max(n, p.larger)) // there were not as many as were to be tried
	case n > p.Size:
		p.set(n)
	}
	if p.trial != "" || n < p.Size {
		return // a larger one is being tried, or this says nothing about one
	}
	step := 2
	if p.quick {
		step = 8
	}
	p.larger = min(fits, step*p.Size)
	if ceiling := l.ceiling(p); ceiling > 0 && p.larger >= ceiling {
		p.larger = 0
		if p.Clean >= patience {
			p.larger = min(fits, p.Size+max(p.Size/8, 1))
		}
	}
}

// ceiling is the smallest size that could not be answered, for the kind itself or
// for any that is asked for by ids; zero when there is none.
func (l *learner) ceiling(p *pace) int {
	least := p.Ceiling
	for kind, o := range l.paces {
		if Reads(kind) && o.Ceiling > 0 && (least == 0 || o.Ceiling < least) {
			least = o.Ceiling
		}
	}
	return least
}

// proved notes that n could be answered, now or in an earlier process.
func (l *learner) proved(kind string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pace(kind)
	p.proven = max(p.proven, n)
}

// failed learns that GitHub could not answer about n. Where as many were answered
// before, only these n are to blame, which are asked for in smaller pieces anyway;
// the size is, once the next fail as well.
func (l *learner) failed(kind string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pace(kind)
	if n <= 1 || n <= p.proven && n < p.Size {
		return
	}
	if n <= p.proven {
		if p.strikes++; p.strikes < 2 {
			return
		}
		p.proven, p.safe, p.strikes = 0, 0, 0
	}
	if p.Ceiling == 0 || n < p.Ceiling {
		p.Ceiling = n
	}
	p.set(min(p.Size, max(n/2, p.proven, 1)))
}

func (p *pace) set(size int) {
	if p.Size != size {
		p.Size, p.Clean = size, 0
	}
	p.larger, p.trial = 0, ""
}

// entry returns the map under a key, a new one at first.
func entry[V any](m map[string]map[string]V, key string) map[string]V {
	if m[key] == nil {
		m[key] = make(map[string]V)
	}
	return m[key]
}
