package githubsim

import (
	"math/rand/v2"
	"slices"
)

// Fault spoils the answers to the requests that fit.
type Fault struct {
	// Name is what it is counted under; empty means its effects' names.
	Name string
	// When lists conditions that must all hold; they are tried in order, up to
	// the first that does not. No condition means every request.
	When []Condition
	// Times is how often it strikes at most; 0 means without end.
	Times int
	// Effects happen one after the other.
	Effects []Effect
}

// Condition decides whether a request is struck. Conditions are called one at
// a time, so they may count. They see a request after it was executed and
// before it is answered: Number, Status and Faults are not set yet.
type Condition func(*Request) bool

// Nth holds for the n-th request that reaches it, 1 being the first.
func Nth(n int) Condition {
	seen := 0
	return func(*Request) bool { seen++; return seen == n }
}

// EveryNth holds for every n-th request that reaches it.
func EveryNth(n int) Condition {
	seen := 0
	return func(*Request) bool { seen++; return seen%n == 0 }
}

// Chance holds with probability p, by a generator of its own: the same seed
// gives the same sequence of outcomes.
func Chance(p float64, seed uint64) Condition {
	random := rand.New(rand.NewPCG(seed, 0x5eed))
	return func(*Request) bool { return random.Float64() < p }
}

// OfKind holds for requests of one of the kinds.
func OfKind(kinds ...Kind) Condition {
	return func(r *Request) bool { return slices.Contains(kinds, r.Kind) }
}

// AsksFor holds when nodes(ids:) is given one of the ids, in either format.
func AsksFor(ids ...string) Condition {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[canonicalID(id)] = true
	}
	return func(r *Request) bool {
		return slices.ContainsFunc(r.IDs, func(id string) bool { return wanted[canonicalID(id)] })
	}
}

// MoreIDsThan holds when nodes(ids:) is given more than n ids. With [Timeout]
// it is GitHub's clock of ten seconds: large chunks never end, small ones do.
func MoreIDsThan(n int) Condition {
	return func(r *Request) bool { return len(r.IDs) > n }
}

// PageLargerThan holds when a page of the connection has room for more than n.
func PageLargerThan(connection string, n int) Condition {
	return func(r *Request) bool {
		return slices.ContainsFunc(r.Pages, func(p Page) bool { return p.Connection == connection && p.Size > n })
	}
}

// PagesBeyond holds when a page of the connection begins after n elements or
// more.
func PagesBeyond(connection string, n int) Condition {
	return func(r *Request) bool {
		return slices.ContainsFunc(r.Pages, func(p Page) bool { return p.Connection == connection && p.From >= n && p.From > 0 })
	}
}

// Not holds when the condition does not.
func Not(c Condition) Condition { return func(r *Request) bool { return !c(r) } }

// SetFaults replaces the faults in force; none stops all misbehaviour.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, &liveFault{Fault: f})
	}
}

// liveFault is a fault with its count of strikes.
type liveFault struct {
	Fault
	struck int
}

// strikes are the effects that hit one request.
type strikes []Effect

// strike finds the faults that fit a request and notes their names in it.
func (s *Server) strike(r *Request) strikes {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit strikes
	for _, f := range s.faults {
		if f.Times > 0 && f.struck >= f.Times || !f.fits(r) {
			continue
		}
		f.struck++
		hit = append(hit, f.Effects...)
		r.Faults = append(r.Faults, f.names()...)
	}
	return hit
}

func (f *liveFault) fits(r *Request) bool {
	for _, holds := range f.When {
		if !holds(r) {
			return false
		}
	}
	return true
}

func (f *liveFault) names() []string {
	if f.Name != "" {
		return []string{f.Name}
	}
	names := make([]string, len(f.Effects))
	for i, e := range f.Effects {
		names[i] = e.name
	}
	return names
}

// needsExecution reports whether an effect works on single elements, for which
// the query has to run once more.
func (st strikes) needsExecution() bool {
	return slices.ContainsFunc(st, func(e Effect) bool { return e.element != nil })
}

func (st strikes) spoiler() spoiler {
	return spoiler{element: func(id string, index, of int) *failure {
		for _, e := range st {
			if e.element == nil {
				continue
			}
			if fail := e.element(id, index, of); fail != nil {
				return fail
			}
		}
		return nil
	}}
}

// spoil applies the effects on the answer as a whole.
func (st strikes) spoil(a *answer) {
	for _, e := range st {
		if e.answer != nil {
			e.answer(a)
		}
	}
}
