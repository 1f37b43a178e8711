package graphql_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// watcher stands between the program and GitHub and holds every request
// against the limits.
type watcher struct {
	s *simulation

	mu       sync.Mutex
	began    time.Time // the process
	dead     bool      // it is
	deadline time.Time // of the process; zero for none
	last     time.Time // this process did something
	flying   map[int]time.Time
	sent     int
	ended    []span    // answers, in the order of their ends
	points   []span    // requests that were charged
	away     time.Time // GitHub asked to stay away until then
	since    time.Time // since then

	jumps int           // of our clock
	ahead time.Duration // GitHub's clock is, by ours
}

type span struct {
	at   time.Time
	took time.Duration
}

func (w *watcher) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = time.Now()
	w.dead, w.deadline, w.flying, w.last = false, time.Time{}, make(map[int]time.Time), w.began
}

func (w *watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.flying) > 0 {
		w.s.offend("%d requests are under way after the end", len(w.flying))
	}
}

// forget is for a process that died: of a pause that it heard of, the next can
// only know what came into the journal.
func (w *watcher) forget(j *durable.Memory, run string) {
	if w.since.Before(w.began) {
		return
	}
	w.away = time.Time{}
	for e := range j.Records(context.Background(), run) {
		if e.Record.RetryAt.After(w.away) && time.Until(e.Record.RetryAt) <= budget.LongestWait { // or a clock jumped
			w.away = e.Record.RetryAt
		}
	}
}

// jump draws how far our clock jumps before the next process, which can know of
// nothing then that was before.
func (w *watcher) jump() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away, w.since, w.ended, w.points = time.Time{}, time.Time{}, nil, nil
	return w.leap()
}

// leap moves our clock. GitHub's then names times that are so much off.
func (w *watcher) leap() time.Duration {
	const year = 365 * 24 * time.Hour
	d := []time.Duration{time.Hour, -time.Hour, year, -year}[w.s.clocks.IntN(4)]
	w.jumps++
	w.ahead -= d
	return d
}

// RoundTrip sends a request, as long as the process lives.
func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	n, ok := w.send()
	if !ok {
		return nil, errDead
	}
	resp, err := w.s.server.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.last = now
	w.ended = append(w.ended, span{now, now.Sub(w.flying[n])})
	delete(w.flying, n)
	if w.dead {
		return nil, errDead
	}
	if err == nil {
		w.points = append(w.points, span{at: now})
		w.heed(resp, now)
		if w.s.jumping && w.s.clocks.IntN(20) == 0 {
			w.leap()
		}
		if reset, err := strconv.ParseInt(resp.Header.Get("X-Ratelimit-Reset"), 10, 64); err == nil && reset < 1<<40 {
			resp.Header.Set("X-Ratelimit-Reset", strconv.FormatInt(reset+int64(w.ahead/time.Second), 10))
		}
	}
	return resp, err
}

// send notes a request that goes out, and everything that forbids it.
func (w *watcher) send() (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return 0, false
	}
	now := time.Now()
	if idle := now.Sub(w.last); idle > budget.LongestWait+time.Minute {
		w.s.offend("nothing was asked for %v", idle)
	}
	w.last = now
	w.sent++
	w.flying[w.sent] = now
	if len(w.flying) > w.s.concurrency {
		w.s.offend("%d requests in flight, of %d allowed", len(w.flying), w.s.concurrency)
	}
	if !w.deadline.IsZero() && now.After(w.deadline) {
		w.s.offend("a request goes out %v after the deadline", now.Sub(w.deadline))
	}
	if now.After(w.since) && now.Before(w.away) {
		w.s.offend("a request goes out %v before GitHub's pause of %v is over", w.away.Sub(now), w.away.Sub(w.since))
	}
	var used time.Duration
	for _, a := range w.ended {
		if now.Sub(a.at) < time.Minute {
			used += a.took
		}
	}
	for _, at := range w.flying {
		used += now.Sub(at)
	}
	if used > time.Minute {
		w.s.offend("a request goes out with %v of GitHub's minute used", used)
	}
	n := 0
	for _, p := range w.points {
		if now.Sub(p.at) < time.Minute {
			n++
		}
	}
	if n > budget.PointsPerMinute {
		w.s.offend("%d points in a minute", n)
	}
	return w.sent, true
}

// heed notes a pause that GitHub asks for, and can mean.
func (w *watcher) heed(resp *http.Response, now time.Time) {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds <= 0 || time.Duration(seconds)*time.Second > budget.LongestWait {
		return
	}
	if until := now.Add(time.Duration(seconds) * time.Second); until.After(w.away) {
		w.away, w.since = until, now
	}
}

// misbehaviour is a kind of fault that a seed may draw.
type misbehaviour struct {
	name   string
	plain  bool // it spoils a whole answer, and leaves nothing of it
	effect func(s *simulation) githubsim.Effect
}

func always(e githubsim.Effect) func(*simulation) githubsim.Effect {
	return func(*simulation) githubsim.Effect { return e }
}

func pick[T any](s *simulation, from ...T) T { return from[s.random.IntN(len(from))] }

// misbehaviours are all the ways in which GitHub, a proxy or the network were
// seen to fail, and worse ones that tests made up.
func misbehaviours() []misbehaviour {
	return []misbehaviour{
		{"timeout", true, func(s *simulation) githubsim.Effect { return githubsim.Timeout(pick(s, 200, 502, 504)) }},
		{"nginx page", true, func(s *simulation) githubsim.Effect { return githubsim.NginxPage(pick(s, 502, 504)) }},
		{"unicorn page", true, func(s *simulation) githubsim.Effect { return githubsim.UnicornPage(pick(s, 502, 503)) }},
		{"secondary limit", true, func(s *simulation) githubsim.Effect {
			return githubsim.SecondaryLimit(pick(s, 200, 403, 429), pick(s, -1, 0, time.Second, 30*time.Second, 7*time.Minute, 2*time.Hour))
		}},
		{"absurd limit", true, func(s *simulation) githubsim.Effect {
			return githubsim.SecondaryLimit(pick(s, 200, 403, 429), pick(s, 3*time.Hour, 1_000_000_000*time.Second))
		}},
		{"primary limit", true, func(s *simulation) githubsim.Effect {
			return githubsim.PrimaryLimit(pick(s, "RATE_LIMIT", "RATE_LIMITED"), pick(s, 0, 12))
		}},
		{"absurd reset", true, func(s *simulation) githubsim.Effect {
			return githubsim.Header("X-Ratelimit-Reset", pick(s, "4102444800", "86400", "-1", "9223372036854775807"))
		}},
		{"no points left", true, func(*simulation) githubsim.Effect { return githubsim.Header("X-Ratelimit-Remaining", "0") }},
		{"null data", true, always(githubsim.NullData())},
		{"bare message", true, func(s *simulation) githubsim.Effect {
			return githubsim.BareMessage(pick(s, 200, 500), "Something is off")
		}},
		{"forbidden", true, always(githubsim.BareMessage(403, "Resource protected by organization SAML enforcement."))},
		{"unauthorized", true, always(githubsim.Unauthorized())},
		{"garbage", true, always(githubsim.Garbage())},
		{"empty body", true, always(githubsim.EmptyBody())},
		{"html page", true, always(githubsim.HTMLPage())},
		{"redirect", true, always(githubsim.Redirect("https://elsewhere.example/"))},
		{"truncated JSON", true, always(githubsim.TruncatedJSON())},
		{"connection reset", true, always(githubsim.ResetConnection())},
		{"closed mid-body", true, always(githubsim.CloseMidBody())},
		{"slow", true, func(s *simulation) githubsim.Effect {
			return githubsim.Slow(pick(s, time.Second, 9*time.Second, time.Minute))
		}},
		{"resource limits", false, always(githubsim.ResourceLimits())},

		{"broken element", false, func(s *simulation) githubsim.Effect { return githubsim.BrokenElement(s.anybody()) }},
		{"missing element", false, func(s *simulation) githubsim.Effect { return githubsim.MissingElement(s.anybody()) }},
		{"forbidden element", false, func(s *simulation) githubsim.Effect { return githubsim.ForbiddenElement(s.anybody()) }},
		{"not accessible", false, func(s *simulation) githubsim.Effect {
			return githubsim.NotAccessible(pick(s, "Repository.issues", "Repository.pullRequests", "Repository.object"))
		}},
		{"field error", false, func(s *simulation) githubsim.Effect {
			field := pick(s, "Repository.description", "Repository.pushedAt", "Repository.createdAt", "Repository.defaultBranchRef",
				"Repository.isArchived", "Repository.licenseInfo", "Repository.parent", "Repository.latestRelease", "Repository.object",
				"Ref.target", "Ref.name", "Commit.author", "Commit.committedDate", "Commit.history", "Commit.additions", "CommitHistoryConnection.nodes",
				"RepositoryConnection.nodes", "RepositoryConnection.totalCount", "RepositoryConnection.pageInfo")
			return githubsim.FieldError(field, pick(s, "", "FORBIDDEN", "SERVICE_UNAVAILABLE"), "it did not work", s.some()...)
		}},
		{"odd id", false, func(s *simulation) githubsim.Effect {
			return githubsim.FieldValue("Repository.id", pick(s, "null", "7", `""`, "[]", "{}", "true"), s.some()...)
		}},
		{"odd value", false, func(s *simulation) githubsim.Effect {
			field := pick(s, "Repository.createdAt", "Repository.stargazerCount", "Repository.isArchived", "Repository.nameWithOwner",
				"Repository.url", "Commit.committedDate", "Commit.oid", "Commit.additions", "RepositoryConnection.totalCount", "RepositoryConnection.nodes", "Query.nodes")
			return githubsim.FieldValue(field, pick(s, "null", `"10889-01-01T00:00:00Z"`, "1e300", `"\u0000"`, "-1", "[]", "{}", "[[null]]"), s.some()...)
		}},
		{"reversed", false, always(githubsim.Reversed())},
		{"repeated page", false, always(githubsim.RepeatedPage())},
		{"endless cursors", false, always(githubsim.EndlessCursors())},
		{"rename", false, func(s *simulation) githubsim.Effect {
			return githubsim.Meanwhile(func() {
				name := pick(s, s.world.Names("contoso")...)
				s.renamed++
				s.world.Rename(name, fmt.Sprintf("%c-renamed-%d", 'a'+s.random.IntN(26), s.renamed), now.Add(-time.Minute))
			})
		}},
	}
}

// anybody is the id of a repository.
func (s *simulation) anybody() string { return s.world.ID(pick(s, s.world.Names("contoso")...)) }

// some are the ids of a few repositories, or none, which means everybody.
func (s *simulation) some() (ids []string) {
	for range s.random.IntN(4) {
		ids = append(ids, s.anybody())
	}
	return ids
}

// faults draws what will go wrong: a few kinds, each with its own odds, and all
// together at most so often unless they are endless.
func (s *simulation) faults() (faults []githubsim.Fault) {
	s.left, s.plain = s.random.IntN(60), true
	all := misbehaviours()
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, m := range all[:s.random.IntN(6)] {
		odds := s.random.Float64() * 0.4
		s.drawn[m.name] = true
		s.plain = s.plain && m.plain
		if m.name == "rename" { // others see the world as it was
			s.scene = newScene(s.number)
		}
		faults = append(faults, githubsim.Fault{
			When: []githubsim.Condition{func(*githubsim.Request) bool {
				if !s.endless && s.left <= 0 || !s.chance(odds) {
					return false
				}
				s.left--
				return true
			}},
			Effects: []githubsim.Effect{m.effect(s)},
		})
	}
	return faults
}
