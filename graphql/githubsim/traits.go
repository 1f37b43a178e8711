package githubsim

import (
	"fmt"
	"time"
)

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
