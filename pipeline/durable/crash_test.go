package durable_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

var errCrash = errors.New("the process died")

// crashWorld is a small survey whose every answer depends on the question only,
// while latencies, and when the process dies, depend on the seed.
type crashWorld struct {
	t *testing.T
	j *durable.Memory

	mu       sync.Mutex
	rand     *rand.Rand
	savesTo  int             // saves until the process dies
	dead     bool            // nothing reaches the disk any more
	settled  map[string]bool // keys with an outcome on disk
	executed int
}

// hash chooses behaviour by name, the same in every run.
func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

func (c *crashWorld) latency() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.rand.IntN(5000)) * time.Millisecond
}

// journal is one that dies with the process.
func (c *crashWorld) journal() durable.Journal {
	return &fragile{Memory: c.j, load: func(string) error { return c.died() }, save: c.beforeSave, saved: c.afterSave}
}

func (c *crashWorld) died() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return errCrash
	}
	return nil
}

// beforeSave kills the process at every other crash before the write, so that
// the effect is there and the checkpoint is not.
func (c *crashWorld) beforeSave(string, durable.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.savesTo--; c.savesTo == 0 && c.rand.IntN(2) == 0 {
		c.dead = true
	}
	if c.dead {
		return errCrash
	}
	return nil
}

func (c *crashWorld) afterSave(key string, rec durable.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rec.State != durable.Attempted {
		c.settled[key] = true
	}
	if c.savesTo <= 0 {
		c.dead = true
		return errCrash
	}
	return nil
}

// work is the activity: it takes its time, fails now and then, at times for
// good, and must never be asked again for what is on disk.
func (c *crashWorld) work(ctx context.Context, key string) (string, error) {
	c.mu.Lock()
	c.executed++
	if c.settled[key] {
		c.t.Errorf("%s ran again after its outcome was on disk", key)
	}
	c.mu.Unlock()
	time.Sleep(c.latency())
	switch h := hash(key); {
	case h%7 == 0 && durable.Attempt(ctx) <= int(h%3):
		return "", errTransient
	case h%11 == 0:
		return "", failWith(durable.Remedy{Course: durable.Fail, Cause: "gone"})
	default:
		return fmt.Sprint(h), nil
	}
}

// survey chains pages, and fans out a sub-orchestration per chunk, which fans
// out an activity per item, while it still pages.
func (c *crashWorld) survey(o *durable.Orchestration, _ none) (string, error) {
	var chunks []*durable.Task[string]
	var out []string
	for page := range 3 {
		key := durable.Key{Step: "list", Item: fmt.Sprint(page)}
		got, err := durable.Call(o, key, c.work, key.String())
		if errors.Is(err, durable.ErrStopped) {
			return "", err
		}
		out = append(out, fmt.Sprint(got, err))
		chunks = append(chunks, durable.Sub(o, fmt.Sprint("chunk ", page), c.chunk, page))
	}
	parts, err := durable.All(chunks)
	return strings.Join(append(out, parts...), "\n"), err
}

func (c *crashWorld) chunk(o *durable.Orchestration, page int) (string, error) {
	var tasks []*durable.Task[string]
	for i := range 4 {
		key := durable.Key{Step: "fetch", Item: fmt.Sprint(i), Revision: "1"}
		tasks = append(tasks, durable.Go(o, key, c.work, fmt.Sprintf("chunk+%d/%s", page, key)))
	}
	got, err := durable.All(tasks)
	if errors.Is(err, durable.ErrStopped) {
		return "", err
	}
	return fmt.Sprint(got, err), nil
}

// play runs the survey until it is through, with a process that dies crashes
// times at random, and returns its output.
func (c *crashWorld) play(crashes int) string {
	for ; ; crashes-- {
		c.dead, c.savesTo = false, 1<<30
		if crashes > 0 {
			c.savesTo = 1 + c.rand.IntN(12)
		}
		ctx, cancel := context.WithCancel(c.t.Context())
		if crashes > 0 && c.rand.IntN(4) == 0 {
			time.AfterFunc(c.latency(), cancel) // a signal instead, or as well
		}
		e := &durable.Engine{Journal: c.journal(), Workers: 1 + c.rand.IntN(6)}
		out, err := durable.Run(ctx, e, "run", c.survey, none{})
		cancel()
		_, suspended := errors.AsType[*durable.Suspension](err)
		switch {
		case err == nil:
			return out
		case !suspended && !errors.Is(err, errCrash):
			c.t.Fatalf("the run ended with %v", err)
		case crashes <= 0:
			c.t.Fatalf("an undisturbed run ended with %v", err)
		}
	}
}

func TestCrashesAndOrderOfFinishingChangeNothing(t *testing.T) {
	const items = 3 + 3*4
	play := func(t *testing.T, seed uint64, crashes int) (out string, c *crashWorld) {
		synctest.Test(t, func(t *testing.T) {
			c = &crashWorld{t: t, j: durable.NewMemory(), rand: rand.New(rand.NewPCG(seed, 0)), settled: make(map[string]bool)}
			out = c.play(crashes)
			if n := len(records(t, c.j)); n != items || len(c.settled) != items {
				t.Errorf("seed %d: %d records on disk, want %d", seed, n, items)
			}
		})
		return out, c
	}
	want, undisturbed := play(t, 0, 0)
	if undisturbed.executed <= items || !strings.Contains(want, errTransient.Error()) {
		t.Fatalf("nothing is retried or fails in this survey:\n%s", want)
	}
	again := 0
	for seed := range uint64(1000) {
		got, c := play(t, seed, int(seed%5))
		if got != want {
			t.Fatalf("seed %d gives\n%s\nwant\n%s", seed, got, want)
		}
		if c.executed > undisturbed.executed {
			again++
		}
	}
	if again == 0 {
		t.Error("no crash came between an effect and its checkpoint, so this test shows nothing")
	}
}
