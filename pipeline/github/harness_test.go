package github_test

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"runtime/debug"
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
)

// TestMain: tests have more memory than time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// day is the morning of the first run.
var day = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

// hub is a GitHub with a surveyor who remembers: what a store keeps between
// runs, and what was learnt.
type hub struct {
	t       testing.TB
	world   *githubsim.World
	server  *githubsim.Server
	owners  []string
	rules   pipeline.Rules
	journal durable.Journal
	prior   *pipeline.Snapshot
	salvage []pipeline.Run // that never ended
	learnt  json.RawMessage
	account budget.State
	observe func(durable.Event)
	// wrap stands between the source and its catalog; nil for nothing.
	wrap func(github.Catalog) github.Catalog
	// most is how many requests may be in flight; zero for eight.
	most int
}

func newHub(t testing.TB, world *githubsim.World, opts ...githubsim.Option) *hub {
	return &hub{t: t, world: world, server: githubsim.New(world, opts...), owners: []string{"contoso"},
		rules: pipeline.DefaultRules(), journal: durable.NewMemory()}
}

// survey runs, or resumes, the run of a moment. What it came to is remembered
// when it is over.
func (h *hub) survey(ctx context.Context, asOf time.Time) (*pipeline.Snapshot, error) {
	h.t.Helper()
	policy, err := verdict.NewPolicy(h.rules)
	if err != nil {
		h.t.Fatal(err)
	}
	account := budget.New(budget.Config{Concurrency: cmp.Or(h.most, 8)})
	account.Restore(h.account)
	client := h.client(account)
	var catalog github.Catalog = client
	if h.wrap != nil {
		catalog = h.wrap(catalog)
	}
	source := github.New(catalog, policy, h.learnt)
	if h.prior != nil {
		source.Known, source.Listed = github.KnownRepositories(h.prior.Findings), h.prior.Listings
	}
	for _, run := range h.salvage {
		read, err := source.Salvage(ctx, h.journal, pipeline.JournalID(run), run.AsOf)
		if err != nil {
			h.t.Fatal(err)
		}
		if source.Known == nil {
			source.Known = make(map[string]pipeline.Repository)
		}
		github.TakeNewer(source.Known, read)
	}
	survey := pipeline.Survey{Engine: &durable.Engine{Journal: h.journal, Observe: h.observe}, Judge: policy, Sources: []pipeline.Source{source}}
	run := pipeline.Run{ID: pipeline.RunID(h.owners, asOf), Owners: h.owners, AsOf: asOf, BeganAt: asOf}
	out, err := survey.Run(ctx, run, h.prior)
	h.learnt, h.account = source.Learnt(), account.State()
	if out != nil && out.Run.State.Over() {
		h.prior = out
	}
	return out, err
}

func (h *hub) client(account *budget.Budget) *graphql.Client {
	return graphql.New(graphql.Options{URL: "http://github.test/graphql", Base: h.server, Share: account.Pipeline(),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})})
}
