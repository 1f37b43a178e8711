package githubsim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Generate returns a world of one organization with n made-up repositories.
// The same arguments give the same world. See [World.Populate].
func Generate(owner string, n int, seed uint64, asOf time.Time) *World {
	w := NewWorld()
	w.AddOrganization(owner)
	w.Populate(owner, n, seed, asOf)
	return w
}

// Populate adds n made-up repositories to an owner: a realistic mix of every
// status at asOf, of archived, empty, forked, mirrored, template and
// README-only ones, of bots at the tip, languages, topics, licences, releases
// and CODEOWNERS. A repository takes about 2 kB of memory however long its
// history is.
func (w *World) Populate(owner string, n int, seed uint64, asOf time.Time) {
	m := &maker{random: rand.New(rand.NewPCG(seed, uint64(len(owner)))), upkeep: rand.New(rand.NewPCG(seed, 1)), owner: owner,
		asOf: asOf.UTC().Truncate(time.Second), taken: map[string]int{}}
	for _, name := range w.Names(owner) {
		m.taken[name] = 1
	}
	for range n {
		r := m.repository()
		m.made = append(m.made, r.Name)
		w.Create(r)
	}
}

// maker makes up repositories.
type maker struct {
	random *rand.Rand
	upkeep *rand.Rand // a sequence of its own for what [maker.keep] adds
	owner  string
	asOf   time.Time
	taken  map[string]int // how often a name was wanted
	made   []string
}

func (m *maker) chance(percent float64) bool { return m.random.Float64()*100 < percent }

func pick[T any](m *maker, from []T) T { return from[m.random.IntN(len(from))] }

// between returns a whole number from lo to hi, small ones more often: each
// power of ten as often as the next.
func (m *maker) between(lo, hi int) int {
	f := math.Exp(math.Log(float64(lo)) + m.random.Float64()*(math.Log(float64(hi)+1)-math.Log(float64(lo))))
	return min(int(f), hi)
}

func (m *maker) days(lo, hi int) time.Duration {
	return time.Duration(lo)*24*time.Hour + time.Duration(m.random.Int64N(int64(hi-lo+1)*int64(24*time.Hour))).Truncate(time.Second)
}

// repository makes up one repository, in steps that each change what the one
// before left.
func (m *maker) repository() Repository {
	s, k, detail := pick(m, subjects), pick(m, stacks), pick(m, details)
	r := Repository{
		Name: m.name(s.slug + "-" + k.slug + "-" + detail), Description: describe(s, k, detail, m.random.IntN(50)),
		Language: k.language, Topics: []string{s.topic, detail, "sample"}, License: "MIT",
		Stars: m.between(1, 4000) - 1, OpenIssues: m.between(1, 60) - 1,
		ClosedIssues: m.between(1, 400) - 1, OpenPulls: m.between(1, 12) - 1, MergedPulls: m.between(1, 900) - 1,
	}
	r.Forks = r.Stars / (2 + m.random.IntN(6))
	r.Files = []File{{"README.md", "# " + s.phrase + "\n"}, {"LICENSE", "MIT License\n"}, {".gitignore", "bin/\n"}, {k.file, "sample\n"}, {"src/main", "sample\n"}}
	m.trim(&r)
	m.history(&r)
	m.keep(&r, s.phrase)
	m.kind(&r)
	m.extras(&r)
	return r
}

// name makes a name that the owner does not have yet.
func (m *maker) name(base string) string {
	name := m.owner + "/" + base
	for n := m.taken[name]; m.taken[name] > 0; n++ {
		m.taken[m.owner+"/"+base] = n + 1
		name = fmt.Sprintf("%s/%s-%d", m.owner, base, n+1)
	}
	m.taken[name] = 1
	return name
}

// trim takes away what many repositories lack.
func (m *maker) trim(r *Repository) {
	if m.chance(8) {
		r.Description = ""
	}
	if m.chance(20) {
		r.Topics = nil
	}
	if m.chance(6) {
		r.License = "NOASSERTION"
	} else if m.chance(14) {
		r.License = ""
	}
	if m.chance(30) {
		r.DefaultBranch = "master"
	}
}

// history makes up the commits: the last one by a person at an age that
// covers the statuses, and now and then a bot's on top.
func (m *maker) history(r *Repository) {
	last := m.asOf.Add(-m.age())
	first := last.Add(-m.days(10, 2000))
	r.CreatedAt = first.Add(-m.days(0, 3))
	r.Older = Older{Count: m.between(1, 800), First: first}
	r.Commits = []Commit{{CommittedDate: last, Author: person(m.random.Uint64())}}
	switch {
	case m.chance(0.5): // no person ever
		r.Older, r.Commits = Older{}, nil
		m.bots(r, first, 1+m.random.IntN(12))
	case m.chance(1): // a long tail of bots
		m.bots(r, last, 30+m.random.IntN(90))
	case m.chance(13):
		m.bots(r, last, 1+m.random.IntN(6))
	}
}

// age is how long ago the last person's commit was. The shares are about what
// a large organization of samples has.
func (m *maker) age() time.Duration {
	switch f := m.random.Float64(); {
	case f < 0.18:
		return m.days(0, 175)
	case f < 0.30:
		return m.days(190, 355)
	case f < 0.50:
		return m.days(375, 715)
	case f < 0.78:
		return m.days(745, 1440)
	default:
		return m.days(1475, 3600)
	}
}

// bots puts n commits by bots between a date and asOf.
func (m *maker) bots(r *Repository, after time.Time, n int) {
	gap := m.asOf.Sub(after) / time.Duration(n+1)
	author := Dependabot()
	if m.chance(25) {
		author = SyncBot()
	}
	for i := range n {
		at := after.Add(gap*time.Duration(i+1) - gap/3)
		r.Commits = append(r.Commits, Commit{CommittedDate: at.Truncate(time.Second), Author: author, Message: "Bump the dependencies"})
	}
}

// keep puts commits by people on top of some that do not maintain the content,
// as in a quarter of real collections of samples: merges of bots' branches, one
// of six campaigns over the whole owner, a notice that it is retired.
func (m *maker) keep(r *Repository, phrase string) {
	f, ago := m.upkeep.Float64()*100, func(days int) time.Time { return m.asOf.AddDate(0, 0, -days) }
	n := m.upkeep.IntN(6)
	c := Commit{CommittedDate: ago(20 + m.upkeep.IntN(900)), Author: person(m.upkeep.Uint64()), Size: &Size{1, 2, 2}}
	switch {
	case f < 8:
		c.Merge, c.Message = true, fmt.Sprintf("Merge pull request #%d from %s/dependabot/npm_and_yarn/lodash-4.17.%d", 10+n, m.owner, n)
	case f < 16:
		c.CommittedDate, c.Author, c.Message = ago(40+170*n), person(uint64(n)), campaigns[n]
	case f < 21:
		c.Message = "Add a retirement notice"
	}
	if c.Message == "" || !c.CommittedDate.After(r.Commits[len(r.Commits)-1].CommittedDate) {
		return
	}
	if f >= 16 {
		r.Files[0].Text = "# " + phrase + "\n\n> This sample is retired. Use [learning-path](../learning-path) instead.\n"
	}
	r.Commits = append(r.Commits, c)
}

// kind makes something other than an ordinary repository of some.
func (m *maker) kind(r *Repository) {
	tip := r.Commits[len(r.Commits)-1].CommittedDate
	switch f := m.random.Float64() * 100; {
	case f < 12:
		r.ArchivedAt = m.asOf.Add(-time.Duration(m.random.Float64() * float64(m.asOf.Sub(tip))))
		r.UpdatedAt = r.ArchivedAt
	case f < 13.5:
		r.Older, r.Commits, r.Files, r.Language = Older{}, nil, nil, ""
	case f < 19.5:
		r.Fork = true
		r.Parent = "upstream-project/library"
		if len(m.made) > 0 && m.chance(80) {
			r.Parent = pick(m, m.made)
		}
	case f < 21.5:
		r.Template = true
	case f < 22:
		r.Mirror = true
	case f < 22.2:
		r.Disabled = true
	case f < 22.4:
		r.Locked = true
	case f < 26:
		r.Files, r.Language = r.Files[:1], ""
	case f < 27.5:
		r.Private = true
	}
}

// extras adds what some repositories have.
func (m *maker) extras(r *Repository) {
	if len(r.Commits) == 0 {
		return
	}
	tip := r.Commits[len(r.Commits)-1].CommittedDate
	if m.chance(40) && len(r.Files) > 1 {
		place := pick(m, []string{"CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"})
		r.Files = append(r.Files, File{place, "*  @" + m.owner + "/" + pick(m, teams) + "\n"})
	}
	if m.chance(25) {
		for i := range 1 + m.random.IntN(3) {
			r.Releases = append(r.Releases, Release{Tag: fmt.Sprintf("v1.%d.0", i),
				PublishedAt: tip.Add(-time.Duration(3-i) * 40 * 24 * time.Hour)})
		}
	}
	if m.chance(8) {
		at := tip.Add(m.asOf.Sub(tip) / 2).Truncate(time.Second)
		r.Branches = []Branch{{Name: pick(m, []string{"dev", "next", "release/2.x"}), Commits: []Commit{{CommittedDate: at, Author: person(m.random.Uint64())}}}}
	}
	if m.chance(3) {
		r.Description = "[DEPRECATED] " + r.Description + " Moved to " + m.owner + "/learning-path."
	}
	if m.chance(1.5) {
		r.Topics = append(r.Topics, "stalewatch-keep")
	}
}
