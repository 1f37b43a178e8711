package durable_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// The engine's own cost an activity: the work is free and the journal is a map.
// A request to GitHub takes some hundred milliseconds.

const benchmarked = 1000

// numbers fans out so many activities that do nothing.
func numbers(o *durable.Orchestration, _ none) ([]int, error) {
	tasks := make([]*durable.Task[int], benchmarked)
	for i := range tasks {
		tasks[i] = durable.Go(o, durable.Key{Step: "fetch", Item: strconv.Itoa(i), Revision: "1"}, same, i)
	}
	return durable.All(tasks)
}

func same(_ context.Context, i int) (int, error) { return i, nil }

func BenchmarkActivity(b *testing.B) {
	benchmark(b, func() durable.Journal { return durable.NewMemory() })
}

func BenchmarkReplayedActivity(b *testing.B) {
	j := durable.NewMemory()
	if _, err := run(b.Context(), j, numbers); err != nil {
		b.Fatal(err)
	}
	benchmark(b, func() durable.Journal { return j })
}

func benchmark(b *testing.B, journal func() durable.Journal) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := run(b.Context(), journal(), numbers); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchmarked), "ns/activity")
}
