// Package journaltest says in tests what a [durable.Journal] must do. Every
// implementation runs the same suite.
package journaltest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Open returns an empty journal that lasts until the end of the test.
type Open func(t *testing.T) durable.Journal

// Reopen ends a journal that Open returned and opens what it kept again, as the
// next process would find it.
type Reopen func(t *testing.T, j durable.Journal) durable.Journal

// Run runs the suite on journals from open. A nil reopen says that the journal
// does not outlive its process; what concerns persistence is then left out.
func Run(t *testing.T, open Open, reopen Reopen) {
	t.Helper()
	on := func(test func(*testing.T, durable.Journal)) func(*testing.T) {
		return func(t *testing.T) { test(t, open(t)) }
	}
	t.Run("a record comes back whole", on(testRoundTrip))
	t.Run("a missing record is no error", on(testMissing))
	t.Run("the last save wins", on(testReplace))
	t.Run("runs are apart", on(testRunsApart))
	t.Run("records come in the order of their keys", on(testOrder))
	t.Run("an iteration may stop early", on(testStopEarly))
	t.Run("a journal may be written while it is read", on(testSaveWhileReading))
	t.Run("records are copies", on(testCopies))
	t.Run("large records", on(testLarge))
	t.Run("many goroutines", on(testConcurrent))
	t.Run("a cancelled context", on(testCancelled))
	if reopen != nil {
		t.Run("records outlive the process", func(t *testing.T) { testReopen(t, open(t), reopen) })
	}
}

func succeeded(output string) durable.Record {
	return durable.Record{
		State:    durable.Succeeded,
		Attempts: 1,
		Output:   json.RawMessage(output),
		Ended:    time.Date(2026, 11, 22, 7, 0, 1, 123456789, time.UTC),
	}
}

// shapes has one record of every kind an engine writes.
func shapes() map[string]durable.Record {
	ended := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	return map[string]durable.Record{
		"succeeded": succeeded(`{"name":"a & b <c>","n":[1,2.5,null,true]}`),
		"null":      succeeded(`null`),
		"attempted": {State: durable.Attempted, Attempts: 2, Causes: []string{"timeout", "502"}, Ended: ended},
		"failed": {State: durable.Failed, Attempts: 3, Causes: []string{"a", "b", "c"}, Error: "no such owner: \"x\"\nsee",
			Code: "not-found", Ended: ended},
		"key with / # + : and ü":     succeeded(`"x"`),
		strings.Repeat("long/", 200): succeeded(`1`),
		"later":                      {State: durable.Attempted, Attempts: 1, Causes: []string{"limit"}, Ended: ended, RetryAt: ended.Add(time.Hour)},
		"another zone": {State: durable.Attempted, Attempts: 1, Causes: []string{"eof"},
			Ended: time.Date(2026, 11, 22, 8, 0, 0, 0, time.FixedZone("CET", 3600))},
	}
}

func testRoundTrip(t *testing.T, j durable.Journal) {
	for key, rec := range shapes() {
		save(t, j, "run", key, rec)
	}
	for key, want := range shapes() {
		expect(t, j, "run", key, want)
	}
}

func testMissing(t *testing.T, j durable.Journal) {
	absent(t, j, "run", "key")
	save(t, j, "run", "key", succeeded(`1`))
	absent(t, j, "run", "ke")
	absent(t, j, "run", "key2")
	if got := keys(t, j, "other"); len(got) != 0 {
		t.Errorf("a run without records yields %q", got)
	}
}

func testReplace(t *testing.T, j durable.Journal) {
	save(t, j, "run", "key", durable.Record{State: durable.Attempted, Attempts: 1, Causes: []string{"502"}})
	want := succeeded(`{"n":2}`)
	save(t, j, "run", "key", want)
	expect(t, j, "run", "key", want)
	if got := keys(t, j, "run"); !slices.Equal(got, []string{"key"}) {
		t.Errorf("keys are %q after saving one twice", got)
	}
}

func testRunsApart(t *testing.T, j durable.Journal) {
	runs := []string{"2026-11-22/a#1", "2026-11-22/a#10", "2026-11-22/a", "2026-11-22/a+b#1"}
	for _, run := range runs {
		save(t, j, run, "key", succeeded(fmt.Sprintf("%q", run)))
	}
	for _, run := range runs {
		expect(t, j, run, "key", succeeded(fmt.Sprintf("%q", run)))
		if got := keys(t, j, run); !slices.Equal(got, []string{"key"}) {
			t.Errorf("run %s yields %q", run, got)
		}
	}
}

func testOrder(t *testing.T, j durable.Journal) {
	want := []string{"a", "a/1", "a/10", "a/2", "b", "ü"}
	for _, key := range []string{"b", "a/10", "ü", "a", "a/2", "a/1"} {
		save(t, j, "run", key, succeeded(`1`))
	}
	if got := keys(t, j, "run"); !slices.Equal(got, want) {
		t.Errorf("keys are %q, want %q", got, want)
	}
}

func testStopEarly(t *testing.T, j durable.Journal) {
	save(t, j, "run", "a", succeeded(`1`))
	save(t, j, "run", "b", succeeded(`2`))
	for e, err := range j.Records(t.Context(), "run") {
		if err != nil || e.Key != "a" {
			t.Fatalf("first entry is %q, %v", e.Key, err)
		}
		break
	}
	save(t, j, "run", "c", succeeded(`3`))
}

func testSaveWhileReading(t *testing.T, j durable.Journal) {
	save(t, j, "run", "a", succeeded(`1`))
	save(t, j, "run", "b", succeeded(`2`))
	for e, err := range j.Records(t.Context(), "run") {
		if err != nil {
			t.Fatal(err)
		}
		save(t, j, "copy", e.Key, e.Record)
	}
	if got := keys(t, j, "copy"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("copied keys are %q", got)
	}
}

func testCopies(t *testing.T, j durable.Journal) {
	rec := succeeded(`{"a":1}`)
	rec.Causes = []string{"x"}
	want := succeeded(`{"a":1}`)
	want.Causes = []string{"x"}
	save(t, j, "run", "key", rec)
	rec.Output[2], rec.Causes[0] = 'b', "y"
	expect(t, j, "run", "key", want)
	loaded, _, err := j.Load(t.Context(), "run", "key")
	if err != nil {
		t.Fatal(err)
	}
	loaded.Output[2], loaded.Causes[0] = 'b', "y"
	expect(t, j, "run", "key", want)
}

// testLarge saves outputs of a size that few stores take in one piece, large to
// small and back, of text that compresses and of text that does not.
func testLarge(t *testing.T, j durable.Journal) {
	for _, size := range []int{100 << 10, 3 << 20, 10, 2 << 20} {
		noise := make([]byte, size)
		rand.NewChaCha8([32]byte{}).Read(noise)
		for _, text := range []string{strings.Repeat("a", size), base64.URLEncoding.EncodeToString(noise)} {
			want := succeeded(`"` + text + `"`)
			save(t, j, "run", "key", want)
			expect(t, j, "run", "key", want)
			if got := keys(t, j, "run"); !slices.Equal(got, []string{"key"}) {
				t.Fatalf("keys are %q", got)
			}
		}
	}
}

func testConcurrent(t *testing.T, j durable.Journal) {
	const writers, each = 16, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				key := fmt.Sprintf("%02d/%02d", w, i)
				if err := j.Save(t.Context(), "run", key, succeeded(fmt.Sprintf("%q", key))); err != nil {
					t.Error(err)
				}
				if _, ok, err := j.Load(t.Context(), "run", key); !ok || err != nil {
					t.Errorf("%s right after saving it: %v, %v", key, ok, err)
				}
			}
		})
	}
	wg.Wait()
	got := keys(t, j, "run")
	if len(got) != writers*each {
		t.Fatalf("%d records, want %d", len(got), writers*each)
	}
	for _, key := range got {
		expect(t, j, "run", key, succeeded(fmt.Sprintf("%q", key)))
	}
}

func testCancelled(t *testing.T, j durable.Journal) {
	save(t, j, "run", "key", succeeded(`1`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Save(ctx, "run", "late", succeeded(`1`)); !errors.Is(err, context.Canceled) {
		t.Errorf("Save returns %v", err)
	}
	if _, _, err := j.Load(ctx, "run", "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("Load returns %v", err)
	}
	var last error
	for _, err := range j.Records(ctx, "run") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("Records ends with %v", last)
	}
	absent(t, j, "run", "late")
	expect(t, j, "run", "key", succeeded(`1`))
}

func testReopen(t *testing.T, j durable.Journal, reopen Reopen) {
	for key, rec := range shapes() {
		save(t, j, "run", key, rec)
	}
	for range 2 {
		j = reopen(t, j)
		for key, want := range shapes() {
			expect(t, j, "run", key, want)
		}
	}
}

func save(t *testing.T, j durable.Journal, run, key string, rec durable.Record) {
	t.Helper()
	if err := j.Save(t.Context(), run, key, rec); err != nil {
		t.Fatalf("saving %s of %s: %v", key, run, err)
	}
}

// expect compares Ended as a moment, everything else to the byte.
func expect(t *testing.T, j durable.Journal, run, key string, want durable.Record) {
	t.Helper()
	got, ok, err := j.Load(t.Context(), run, key)
	switch {
	case err != nil:
		t.Fatalf("loading %s of %s: %v", key, run, err)
	case !ok:
		t.Fatalf("%s of %s is not there", key, run)
	case !got.Ended.Equal(want.Ended):
		t.Fatalf("%s of %s ended %v, want %v", key, run, got.Ended, want.Ended)
	}
	got.Ended = want.Ended
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%.80s of %s differs from what was saved:\n got %s\nwant %s", key, run, brief(got), brief(want))
	}
}

func absent(t *testing.T, j durable.Journal, run, key string) {
	t.Helper()
	if rec, ok, err := j.Load(t.Context(), run, key); ok || err != nil {
		t.Fatalf("%s of %s: found %v, error %v, want nothing: %s", key, run, ok, err, brief(rec))
	}
}

// brief shows the beginning of a record.
func brief(rec durable.Record) string {
	return fmt.Sprintf("%s %d %q %q %q %.300s", rec.State, rec.Attempts, rec.Causes, rec.Error, rec.Code, rec.Output)
}

func keys(t *testing.T, j durable.Journal, run string) []string {
	t.Helper()
	var got []string
	for e, err := range j.Records(t.Context(), run) {
		if err != nil {
			t.Fatalf("records of %s: %v", run, err)
		}
		got = append(got, e.Key)
	}
	return got
}
