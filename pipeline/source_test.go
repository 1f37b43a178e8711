package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
	"github.com/stalewatch/stalewatch/site"
)

// repositories stands for GitHub, which is the source that lists.
type repositories struct{}

func (repositories) Name() string { return "github" }

func (repositories) Orchestrate(*durable.Orchestration, pipeline.Moment) (pipeline.Gathered, error) {
	tip := &pipeline.Commit{OID: "c0ffee", CommittedDate: time.Date(2024, 11, 21, 0, 0, 0, 0, time.UTC)}
	main := "main"
	var g pipeline.Gathered
	for _, name := range []string{"contoso/Client", "contoso/Server"} {
		g.Repositories = append(g.Repositories, pipeline.Repository{
			ID: name, NameWithOwner: name, DefaultBranch: &main, Detail: &pipeline.Detail{Tip: tip},
		})
	}
	return g, nil
}

// survey runs once over sources and says what each further one came to.
func survey(sources []pipeline.Source) {
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		fmt.Println(err)
		return
	}
	s := pipeline.Survey{Engine: &durable.Engine{Journal: durable.NewMemory()}, Judge: policy, Sources: sources}
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	owners := []string{"contoso"}
	out, err := s.Run(context.Background(), pipeline.Run{ID: pipeline.RunID(owners, asOf), Owners: owners, AsOf: asOf}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var pages site.Memory
	if _, err := site.Render(context.Background(), out, site.Options{}, &pages); err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(pages.Files)) {
		if strings.HasPrefix(name, "sources/") {
			fmt.Println("page:", name)
		}
	}
	for name, c := range out.Run.Counters.Sources {
		fmt.Printf("account: %d requests\nstatus line: %s: %s\n", c.Requests, name, c)
	}
}

// moody is a source that fails when it is told to.
type moody struct{ fails bool }

func (*moody) Name() string { return "moody" }

func (s *moody) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	item, err := durable.Call(o, durable.Key{Step: "read", Revision: "1"}, func(context.Context, struct{}) (pipeline.Item, error) {
		if s.fails {
			return pipeline.Item{}, durable.WithRemedy(errors.New("no certificate"), durable.Remedy{Course: durable.Fail})
		}
		return pipeline.Item{Name: "b", State: m.AsOf.Format(time.DateOnly)}, nil
	}, struct{}{})
	fact := map[string][]pipeline.Fact{"contoso/client": {{Source: "moody", Label: "Item", Value: item.Name}}}
	return pipeline.Gathered{Items: []pipeline.Item{item, {Name: "A"}}, Facts: fact}, err
}

// TestSourceOutOfBudget: nobody waits for an account whose server is down, asks
// to stay away for an hour, or longer than the run has time.
func TestSourceOutOfBudget(t *testing.T) {
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	down := durable.WithRemedy(errors.New("the server is down"), durable.Remedy{Course: durable.Retry, Cause: "down"})
	for name, test := range map[string]struct {
		pause, deadline time.Duration
		err             error
		says            string
		takes           time.Duration // at most
	}{
		"down":     {0, 0, down, "the server is down", 10 * time.Second},
		"away":     {0, 0, durable.WithRemedy(errors.New("come again in an hour"), durable.Remedy{Course: durable.Retry, After: time.Hour}), "come again in an hour", 0},
		"deadline": {time.Hour, time.Minute, nil, "it asked to slow down", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				account := budget.New(budget.Config{Account: "asking"})
				if test.pause > 0 {
					account.PauseFor(test.pause, "it asked to slow down")
				}
				ctx := t.Context()
				if test.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				began := time.Now()
				s := pipeline.Survey{Engine: &durable.Engine{Journal: durable.NewMemory()}, Judge: policy, Sources: []pipeline.Source{repositories{}, asking{account.Pipeline(), test.err}}}
				out, err := s.Run(ctx, pipeline.Run{Owners: []string{"contoso"}, AsOf: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}, nil)
				if err != nil {
					t.Fatal(err)
				}
				snap := out
				if said := strings.Join(snap.Notices, ""); snap.Run.State != pipeline.Partial || len(snap.Findings) != 2 || !strings.Contains(said, test.says) {
					t.Errorf("%s, %d repositories: %s", snap.Run.State, len(snap.Findings), said)
				}
				if took := time.Since(began); took > test.takes {
					t.Errorf("the others waited for %s", took)
				}
			})
		})
	}
}

// asking is a source with an account of its own whose server answers with err.
type asking struct {
	account *budget.Share
	err     error
}

func (asking) Name() string { return "asking" }

func (s asking) Orchestrate(o *durable.Orchestration, _ pipeline.Moment) (pipeline.Gathered, error) {
	_, err := durable.Call(o, durable.Key{Step: "ask", Revision: "1"}, func(ctx context.Context, _ struct{}) (struct{}, error) {
		return struct{}{}, s.account.Do(ctx, budget.Ask{Kind: "ask"}, func(context.Context) error { return s.err })
	}, struct{}{})
	return pipeline.Gathered{}, err
}

// TestSourceBesideOthers: what is known of a source that fails, or is not asked,
// stays as it is, and a partial run says which one failed.
func TestSourceBesideOthers(t *testing.T) {
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	source := &moody{}
	var prior *pipeline.Snapshot
	for i, day := range []struct {
		fails  bool
		only   []string
		state  pipeline.RunState
		read   string // the day on which b was
		notice string
	}{
		{true, nil, pipeline.Partial, "", "The source moody could not be asked, so what is said of it is what was known before: no certificate."},
		{false, nil, pipeline.Complete, "2026-11-23", ""},
		{true, nil, pipeline.Partial, "2026-11-23", "The source moody could not be asked, so what is said of it is what was known before: no certificate."},
		{true, []string{"github"}, pipeline.Complete, "2026-11-23", ""},
	} {
		source.fails = day.fails
		s := pipeline.Survey{Engine: &durable.Engine{Journal: durable.NewMemory()}, Judge: policy, Only: day.only, Sources: []pipeline.Source{repositories{}, source}}
		asOf := time.Date(2026, 11, 22+i, 7, 0, 0, 0, time.UTC)
		out, err := s.Run(t.Context(), pipeline.Run{Owners: []string{"contoso"}, AsOf: asOf}, prior)
		if err != nil {
			t.Fatal(err)
		}
		prior = out
		read, facts := "", 0
		for _, item := range prior.Items {
			if item.Source == "moody" && item.Name == "b" {
				read = item.State
			}
		}
		for _, f := range prior.Findings {
			facts += len(f.Facts)
		}
		items := len(prior.Items)
		if prior.Run.State != day.state || read != day.read || strings.Join(prior.Notices, "") != day.notice || (items == 2 && facts == 1) != (read != "") || prior.Run.Counters.Sources["moody"].Items != items {
			t.Errorf("day %d: %s, b read on %q, %d items, %d facts, notices %q, %+v", i, prior.Run.State, read, items, facts, prior.Notices, prior.Run.Counters.Sources)
		}
	}
}
