package github

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Judge is what the asking has to know of judging. Like [pipeline.Judge] it is
// pure.
type Judge interface {
	// Wants returns what has to be read before the repositories can be judged
	// at asOf; nothing for those that can be judged already.
	Wants(repos []pipeline.Repository, asOf time.Time) []pipeline.Want
	// Search sums up the newest commits of a default branch, newest first, as
	// far as they were read; ended says that there are no further ones.
	Search(commits []pipeline.Commit, ended bool, asOf time.Time) *pipeline.Search
	// CondenseCodeowners keeps of a CODEOWNERS file what judging looks at. What
	// it returns holds no e-mail address.
	CondenseCodeowners(text string) string
	// Rules returns the rules in force. Callers must not change them.
	Rules() pipeline.Rules
}

// GitHub is the [Source] of the owners' repositories. It lists them page by
// page, and while the listing still pages, fetches those that changed in
// chunks and searches behind bots' tips for a person's commit.
type Source struct {
	Catalog Catalog
	Judge   Judge
	// Known are the repositories of the last saved run, by ID. Those that have
	// not changed since keep their detail. Nil means that nothing is known.
	Known map[string]pipeline.Repository
	// Sizes is what worked last time; zero fields mean the most GitHub allows
	// for a listing, and what it usually answers in time for the rest.
	Sizes pipeline.Sizes
}

// The most that is asked for at once. GitHub allows 100 of anything; chunks
// and histories are smaller because GitHub gives a query ten seconds.
const (
	mostListed    = 100
	mostChunked   = 50
	mostSearched  = 25 // repositories in a history request
	leastListed   = 10
	leastChunked  = 5
	chunksABundle = 8

	commitsFirst    = 25  // of each repository in a history request for many
	commitsTogether = 300 // of all repositories in one for few
	commitsOn       = 100 // of one repository that needs more
	leastCommits    = 5
)

// recordSchema changes when the form of [Detail] does.
const recordSchema = "1"

// RecordRevision identifies everything that decides what a repository's record
// holds, besides the repository. Records of another revision are read anew.
func RecordRevision(c Catalog) string {
	return durable.Digest(recordSchema, pipeline.ReadingRevision, c.Revision())
}

// Name is "github".
func (g *Source) Name() string { return "github" }

// Orchestrate starts one sub-orchestration per owner and joins what they found.
func (g *Source) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	// What worked last time must not change while a run is resumed, so the
	// first execution's choice is checkpointed like everything else.
	sizes, err := durable.Call(o, durable.Key{Step: "sizes", Revision: "1"}, g.chooseSizes, g.Sizes)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	s := &githubRun{Source: g, moment: m, sizes: sizes, revision: RecordRevision(g.Catalog)}
	var tasks []*durable.Task[pipeline.Gathered]
	for _, owner := range m.Owners {
		tasks = append(tasks, durable.Sub(o, "owner "+string(pipeline.ScopeOf(owner)), s.owner, owner))
	}
	parts, err := durable.All(tasks)
	all := pipeline.Join(parts)
	all.Sizes.Chunk = learnChunk(sizes.Chunk, all.Counters)
	return all, err
}

// learnChunk is the size of chunk to begin with next time: half as large when
// more than every fourth had to be cut, else on the way back to the most.
func learnChunk(size int, c pipeline.Counters) int {
	switch {
	case c.SplitChunks*4 > c.Chunks:
		return max(size/2, leastChunked)
	case c.Chunks > 0:
		return min(size*2, mostChunked)
	}
	return size
}

func (g *Source) chooseSizes(_ context.Context, s pipeline.Sizes) (pipeline.Sizes, error) {
	bound := func(n, least, most int) int {
		if n <= 0 {
			return most
		}
		return min(max(n, least), most)
	}
	return pipeline.Sizes{
		List:  bound(s.List, leastListed, mostListed),
		Chunk: bound(s.Chunk, leastChunked, mostChunked),
	}, nil
}

// githubRun is one execution of the source.
type githubRun struct {
	*Source
	moment   pipeline.Moment
	sizes    pipeline.Sizes
	revision string
}

// owner surveys one owner. When it is stopped it returns what it has.
func (s *githubRun) owner(o *durable.Orchestration, owner string) (pipeline.Gathered, error) {
	l := &listing{run: s, o: o, owner: owner, size: s.sizes.List, seen: make(map[string]bool)}
	err := l.pages()
	l.flush(true)
	read, readErr := durable.All(l.bundles)
	if err == nil {
		err = readErr
	}
	return l.gathered(slices.Concat(read...)), err
}

// listing is the state of one owner's sub-orchestration.
type listing struct {
	run   *githubRun
	o     *durable.Orchestration
	owner string
	size  int // repositories a page

	found    []pipeline.Repository
	seen     map[string]bool
	total    int // as GitHub counts
	listed   int // as we count, those left out by the configuration included
	hidden   string
	carried  int
	pending  []string                       // ids to fetch, not yet a chunk
	search   []Detailed                     // known ones that only need a search
	chunks   []*durable.Task[chunkResult]   // not yet in a bundle
	bundles  []*durable.Task[[]chunkResult] // started
	finished bool
}

// pages lists the owner's repositories and starts chunks on the way. The next
// page is asked for before the one at hand is worked on, because everything
// else waits for the listing.
func (l *listing) pages() error {
	after := ""
	asked := l.ask(after)
	for {
		page, err := l.page(asked, after)
		if err != nil {
			return err
		}
		if page.Next != "" && page.Next == after {
			return fmt.Errorf("the listing of %s does not advance: GitHub returned the cursor it was given", l.owner)
		}
		if page.Next != "" {
			asked = l.ask(page.Next)
		}
		l.total, l.listed = page.TotalCount, l.listed+len(page.Repositories)
		if page.Hidden > 0 {
			l.hidden = page.HiddenWhy
		}
		for _, r := range page.Repositories {
			l.add(r)
		}
		l.flush(false)
		if page.Next == "" {
			l.finished = true
			return nil
		}
		after = page.Next
	}
}

// ask starts to read the page after a cursor.
func (l *listing) ask(after string) *durable.Task[ListPage] {
	q := ListQuery{Owner: l.owner, After: after, First: l.size, Private: l.run.Judge.Rules().Include.Private}
	key := durable.Key{
		Step:     "list",
		Item:     fmt.Sprintf("%d after %s", q.First, after),
		Revision: durable.Digest(l.run.revision, fmt.Sprint(q.Private)),
	}
	return durable.Go(l.o, key, l.run.list, q)
}

// page awaits the page after a cursor, and asks for a smaller one when GitHub
// cannot answer in time.
func (l *listing) page(asked *durable.Task[ListPage], after string) (ListPage, error) {
	for {
		page, err := asked.Await()
		if !wantsLess(err) || l.size <= leastListed {
			return page, err
		}
		l.size = max(l.size/2, leastListed)
		asked = l.ask(after)
	}
}

func (s *githubRun) list(ctx context.Context, q ListQuery) (ListPage, error) {
	page, err := s.Catalog.List(ctx, q)
	if q.First <= leastListed {
		// There is no less to ask for, so go on trying.
		if r := durable.RemedyOf(err); err != nil && r.Cause == CauseResources && durable.Attempt(ctx) < triesAlone {
			err = durable.WithRemedy(err, durable.Remedy{Course: durable.Retry, Cause: r.Cause})
		}
		return page, err
	}
	return page, failWhenTooMuch(ctx, err, 2)
}

// add takes up a listed repository: carried over when nothing was pushed since
// it was read, fetched otherwise.
func (l *listing) add(r pipeline.Repository) {
	if l.seen[r.ID] || !l.run.Judge.Rules().Include.Covers(r) {
		return // a rename moved it under the cursor, or it is left out
	}
	l.seen[r.ID] = true
	known, ok := l.run.Known[r.ID]
	if ok {
		r.Detail = known.Detail
	}
	switch {
	case !ok || !l.run.unchanged(r, known):
		l.pending = append(l.pending, r.ID)
	case l.run.wants(r):
		l.search = append(l.search, Detailed{ID: r.ID, Detail: r.Detail})
		l.carried++
	default:
		l.carried++
	}
	l.found = append(l.found, r)
}

// unchanged reports that what is known of a repository still holds.
func (s *githubRun) unchanged(r, known pipeline.Repository) bool {
	return known.Detail != nil && known.ReadError == "" &&
		known.Detail.Revision == s.revision && SamePush(r, known)
}

// SamePush reports that nothing was pushed between two sights of a repository,
// so that its tip is the same: a push is the only way a tip can move, besides
// another branch becoming the default.
func SamePush(r, known pipeline.Repository) bool {
	return equal(r.PushedAt, known.PushedAt, func(a, b time.Time) bool { return a.Equal(b) }) &&
		equal(r.DefaultBranch, known.DefaultBranch, func(a, b string) bool { return a == b })
}

// flush starts full chunks, or all when last, and bundles them.
func (l *listing) flush(last bool) {
	for len(l.pending) >= l.run.sizes.Chunk || last && len(l.pending) > 0 {
		n := min(len(l.pending), l.run.sizes.Chunk)
		ids := slices.Clone(l.pending[:n])
		l.pending = l.pending[n:]
		l.chunks = append(l.chunks, durable.Sub(l.o, "chunk "+durable.Digest(ids...), l.run.chunk, ids))
	}
	if len(l.chunks) >= chunksABundle || last && len(l.chunks)+len(l.search) > 0 {
		b := bundle{chunks: l.chunks, known: l.search}
		l.bundles = append(l.bundles, durable.Sub(l.o, fmt.Sprintf("bundle %d", len(l.bundles)), l.run.bundle, b))
		l.chunks, l.search = nil, nil
	}
}

// gathered joins what was listed with what was read.
func (l *listing) gathered(read []chunkResult) pipeline.Gathered {
	g := pipeline.Gathered{Counters: pipeline.Counters{CarriedOver: l.carried}, Sizes: pipeline.Sizes{List: l.size}}
	details := make(map[string]Fetched)
	for _, c := range read {
		g.Counters.Chunks += c.asked
		g.Counters.SplitChunks += c.split
		for _, f := range c.read {
			details[f.ID] = f
		}
	}
	for _, r := range l.found {
		if f, ok := details[r.ID]; ok && f.Error != "" {
			r.ReadError = f.Error
		} else if ok {
			r.Detail = f.Detail
		}
		g.Repositories = append(g.Repositories, r)
	}
	if l.finished && l.total == 0 {
		g.Notices = append(g.Notices, fmt.Sprintf("%s has no repositories that this token can see. If it should, check the spelling, and whether they are private (include.private).", l.owner))
	}
	if missing := l.total - l.listed; l.finished && missing > 0 {
		g.Missing, g.Short = missing, []string{l.owner}
		g.Notices = append(g.Notices, missingNotice(l.owner, l.total, missing, l.hidden))
	}
	return g
}

func missingNotice(owner string, total, missing int, why string) string {
	s := fmt.Sprintf("%s has %d repositories by GitHub's count, but the token can see only %d of them.", owner, total, total-missing)
	if why != "" {
		s += " GitHub says: " + pipeline.Plain(why, pipeline.TextLimit) + "."
	}
	return s + " Use a token that is authorized for all of them (SAML single sign-on, repository access)."
}

// Recall returns what a snapshot holds of this source, for a run that does not
// ask it.
func Recall(prior *pipeline.Snapshot) pipeline.Gathered {
	var g pipeline.Gathered
	if prior == nil {
		return g
	}
	for _, f := range prior.Findings {
		g.Repositories = append(g.Repositories, f.Repository)
	}
	g.Counters.CarriedOver = len(g.Repositories)
	return g
}

// KnownRepositories indexes the findings of a snapshot for [GitHub.Known].
func KnownRepositories(findings []pipeline.Finding) map[string]pipeline.Repository {
	return maps.Collect(func(yield func(string, pipeline.Repository) bool) {
		for _, f := range findings {
			if !yield(f.ID, f.Repository) {
				return
			}
		}
	})
}

// wants reports whether more of a repository's history has to be read.
func (s *githubRun) wants(r pipeline.Repository) bool {
	wants := s.Judge.Wants([]pipeline.Repository{r}, s.moment.AsOf)
	return len(wants) > 0 && wants[0].History
}
