package budget_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
)

// server is GitHub as far as limits go: it counts, and refuses nothing.
type server struct {
	mu        sync.Mutex
	rand      *rand.Rand
	inFlight  int
	most      int
	limit     int
	remaining int
	reset     time.Time
	minute    []spending // of the last sixty seconds
	took      []spending // GitHub's time, by when an answer ended
	pausedAt  time.Time
	paused    time.Time // until then
	faults    []string
}

type spending struct {
	at     time.Time
	points int
	took   time.Duration
}

func (s *server) int(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rand.IntN(n)
}

func (s *server) begin(points int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.inFlight++; s.inFlight > s.most {
		s.faults = append(s.faults, "too many in flight")
	}
	if now.Before(s.paused) && now.After(s.pausedAt) {
		s.faults = append(s.faults, "sent during a pause")
	}
	if !now.Before(s.reset) {
		s.remaining, s.reset = s.limit, now.Add(time.Hour).Truncate(time.Second)
	}
	if s.remaining -= points; s.remaining < 0 {
		s.faults = append(s.faults, "more points than the hour has")
	}
	s.minute = append(s.minute, spending{at: now, points: points})
	s.minute = slices.DeleteFunc(s.minute, func(p spending) bool { return now.Sub(p.at) >= time.Minute })
	recent := 0
	for _, p := range s.minute {
		recent += p.points
	}
	if recent > budget.PointsPerMinute {
		s.faults = append(s.faults, "more points than the minute has")
	}
}

// end returns what the answer says; errs is in how many of a hundred answers
// something is wrong.
func (s *server) end(b *budget.Budget, points, errs int, took time.Duration) budget.Usage {
	s.mu.Lock()
	s.inFlight--
	now, sum := time.Now(), time.Duration(0)
	s.took = append(s.took, spending{at: now, took: took})
	s.took = slices.DeleteFunc(s.took, func(p spending) bool { return now.Sub(p.at) >= time.Minute })
	for _, p := range s.took {
		sum += p.took
	}
	if sum > time.Minute {
		s.faults = append(s.faults, "more of GitHub's time than the minute has: "+sum.String())
	}
	u := budget.Usage{Cost: points, Took: took, Limit: s.limit, Remaining: s.remaining, Reset: s.reset}
	luck, pause := s.rand.IntN(100), time.Duration(s.rand.IntN(90))*time.Second
	s.mu.Unlock()
	switch {
	case luck >= errs:
	case luck%3 == 0:
		u.PushBack, u.Failed = true, true
		until := b.PauseFor(pause, "slow down")
		s.mu.Lock()
		s.pausedAt, s.paused = time.Now(), until
		s.mu.Unlock()
	case luck%3 == 1:
		u.PushBack, u.Failed = true, true
	default:
		u = budget.Usage{Failed: true, Took: took} // no answer came
	}
	return u
}

// FuzzBudget lets pipelines ask at random, some of them impatient, and checks
// that no limit is passed and that everybody who waits long enough is served.
func FuzzBudget(f *testing.F) {
	for seed := range uint64(25) {
		f.Add(seed, byte(seed%7), byte(seed*5), uint16(seed*100))
	}
	f.Fuzz(func(t *testing.T, seed uint64, concurrency, errs byte, limit uint16) {
		synctest.Test(t, func(t *testing.T) {
			most := 1 + int(concurrency%8)
			s := &server{rand: rand.New(rand.NewPCG(seed, 1)), most: most, limit: 400 + int(limit%3000)}
			b := budget.New(budget.Config{Concurrency: most})
			var clients sync.WaitGroup
			for range 6 {
				share := b.Pipeline()
				for range 4 {
					clients.Go(func() { client(b, share, s, int(errs%90)) })
				}
			}
			clients.Wait() // a lost wake-up is a deadlock here, which ends the test
			for _, fault := range s.faults {
				t.Error(fault)
			}
			if s.inFlight != 0 {
				t.Errorf("%d in flight at the end", s.inFlight)
			}
		})
	})
}

// client sends a dozen requests, one after the other.
func client(b *budget.Budget, share *budget.Share, s *server, errs int) {
	for sent := 0; sent < 12; {
		ctx, cancel := context.Background(), func() {}
		if s.int(4) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(s.int(100))*time.Second)
		}
		points := 1 + s.int(20)
		kind := s.int(3)
		usual := []time.Duration{200 * time.Millisecond, 2 * time.Second, 6 * time.Second}[kind]
		res, err := share.Acquire(ctx, budget.Ask{Kind: "abc"[kind : kind+1], Time: usual, Points: points, Urgent: s.int(5) == 0, Final: s.int(5) == 0})
		if err != nil {
			cancel()
			time.Sleep(time.Duration(s.int(60)) * time.Second)
			continue
		}
		s.begin(points)
		took := usual * time.Duration(85+s.int(30)) / 100
		time.Sleep(took)
		res.Settle(s.end(b, points, errs, took))
		cancel()
		sent++
	}
}
