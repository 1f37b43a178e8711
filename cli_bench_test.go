package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
	"github.com/stalewatch/stalewatch/store"
)

// BenchmarkColdSurvey times a survey with nothing in the store: asking,
// checkpointing, judging, keeping. x-listing is its time over that of the
// listing alone, which is the floor because cursors are sequential.
func BenchmarkColdSurvey(b *testing.B) {
	cold(b, func(b *testing.B, w *workspace, n int) {
		floor := listingAlone(b, w)
		for b.Loop() {
			surveyOnce(b, w)
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/floor.Seconds(), "x-listing")
	})
}

// BenchmarkColdRun times the whole command as a process of its own, the
// rendering of the report included, and tells its memory and its store.
func BenchmarkColdRun(b *testing.B) {
	cold(b, func(b *testing.B, w *workspace, n int) {
		floor := listingAlone(b, w)
		var peak, disk int64
		for b.Loop() {
			w.dir = b.TempDir()
			cmd := w.start("run", "contoso", "--as-of", day.Format(time.RFC3339))
			watched := peakMemory(cmd.Process.Pid)
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
			peak = max(peak, <-watched)
			disk = max(disk, diskUsage(b, w.path("store")))
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/floor.Seconds(), "x-listing")
		b.ReportMetric(float64(peak)/1e6, "MB-peak")
		b.ReportMetric(float64(disk)/float64(n), "B-store/repo")
	})
}

func cold(b *testing.B, run func(b *testing.B, w *workspace, n int)) {
	for _, n := range []int{940, 10_000, 100_000} {
		for _, latency := range []time.Duration{0, 150 * time.Millisecond} {
			if n == 100_000 && latency > 0 {
				continue // minutes of waiting tell nothing new
			}
			b.Run(fmt.Sprintf("%d/%s", n, latency), func(b *testing.B) {
				world := githubsim.Generate("contoso", n, 7, day)
				options := []githubsim.Option{githubsim.WithLatency(latency)}
				if n == 100_000 {
					options = append(options, githubsim.WithLimits(githubsim.Limits{})) // its points last two hours
				}
				run(b, newWorkspace(b, world, options...), n)
			})
		}
	}
}

// surveyOnce is what the command does between its flags and its report.
func surveyOnce(b *testing.B, w *workspace) {
	ctx := b.Context()
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(ctx, b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	begin, err := db.Begin(ctx, store.Wanted{Owners: []string{"contoso"}, AsOf: day, Fingerprint: "benchmark"})
	if err != nil {
		b.Fatal(err)
	}
	survey := pipeline.Survey{
		Engine:  &durable.Engine{Journal: db},
		Judge:   policy,
		Sources: []pipeline.Source{github.New(w.client(), policy, nil)},
	}
	out, err := survey.Run(ctx, begin.Run, nil)
	if err == nil {
		err = db.SaveSnapshot(ctx, out)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		b.Fatal(err)
	}
}

func (w *workspace) client() *graphql.Client {
	bud := budget.New(budget.Config{})
	return graphql.New(graphql.Options{
		URL:    w.url,
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken}),
		Share:  bud.Pipeline(),
	})
}

// listingAlone times a bare loop over the pages of the listing.
func listingAlone(b *testing.B, w *workspace) time.Duration {
	client := w.client()
	began := time.Now()
	for q := (github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100}); ; {
		page, err := client.List(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		if page.Next == "" {
			return time.Since(began)
		}
		q.Cursor = page.Next
	}
}

// peakMemory watches the most memory a process has resident, in bytes, until it
// is gone; always 0 where there is no /proc. What the system tells about a child
// afterwards includes the memory of the process that it was forked from.
func peakMemory(pid int) <-chan int64 {
	result := make(chan int64, 1)
	go func() {
		var peak int64
		defer func() { result <- peak * 1024 }()
		for {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, ok := strings.Cut(string(b), "VmHWM:")
			if err != nil || !ok {
				return
			}
			fmt.Sscan(rest, &peak)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return result
}

func diskUsage(b *testing.B, dir string) (bytes int64) {
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		bytes += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}
