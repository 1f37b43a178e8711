package githubsim

import (
	"slices"
	"sync"
)

// Fault spoils the answers to the requests that fit.
type Fault struct {
	// When lists conditions that must all hold; they are tried in order, up to
	// the first that does not. No condition means every request.
	When []Condition
	// Times is how often it strikes at most; 0 means always.
	Times int
	// Effects happen one after the other.
	Effects []Effect
}

// Condition decides whether a fault strikes a request. Conditions are called one
// at a time, so they may count. They see a request before it is executed, without
// Status, Time and Faults.
type Condition func(*Request) bool

// Nth holds for the n-th request that reaches it, 1 being the first.
func Nth(n int) Condition {
	seen := 0
	return func(*Request) bool { seen++; return seen == n }
}

// After holds for every request that reaches it but the first n.
func After(n int) Condition {
	seen := 0
	return func(*Request) bool { seen++; return seen > n }
}

// OfKind holds for requests of one of the kinds.
func OfKind(kinds ...Kind) Condition {
	return func(r *Request) bool { return slices.Contains(kinds, r.Kind) }
}

// AsksFor holds when nodes(ids:) is given one of the ids.
func AsksFor(ids ...string) Condition {
	return func(r *Request) bool {
		return slices.ContainsFunc(r.IDs, func(id string) bool { return slices.Contains(ids, id) })
	}
}

// MoreIDsThan holds when nodes(ids:) is given more than n ids. With [Timeout]
// it is a ceiling in repositories: large chunks never end, small ones do.
func MoreIDsThan(n int) Condition {
	return func(r *Request) bool { return len(r.IDs) > n }
}

// Continues holds when a request goes on from a cursor.
func Continues(r *Request) bool { return r.Continued }

// faults are the faults in force.
type faults struct {
	mu   sync.Mutex
	live []*liveFault
}

// SetFaults replaces the faults in force; none stops all misbehaviour.
func (fs *faults) SetFaults(faults ...Fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.live = nil
	for _, f := range faults {
		fs.live = append(fs.live, &liveFault{Fault: f})
	}
}

// liveFault is a fault with its count of strikes.
type liveFault struct {
	Fault
	struck int
}

// strikes are the effects that hit one request.
type strikes []Effect

// strike finds the faults that fit a request, notes their names in it, and runs
// the effects that come before it is executed.
func (fs *faults) strike(r *Request) strikes {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var hit strikes
	for _, f := range fs.live {
		if f.Times > 0 && f.struck >= f.Times || slices.ContainsFunc(f.When, func(holds Condition) bool { return !holds(r) }) {
			continue
		}
		f.struck++
		hit = append(hit, f.Effects...)
		for _, e := range f.Effects {
			r.Faults = append(r.Faults, e.name)
			if e.before != nil {
				e.before()
			}
		}
	}
	return hit
}

// value applies the effects on a field's value.
func (st strikes) value(o object, f *plannedField, v value) value {
	for _, e := range st {
		if e.value != nil {
			v = e.value(o, f, v)
		}
	}
	return v
}

// spoil applies the effects on the answer as a whole.
func (st strikes) spoil(a *answer) {
	for _, e := range st {
		if e.answer != nil {
			e.answer(a)
		}
	}
}
