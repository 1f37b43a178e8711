package github

import (
	"errors"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// owners are those of the run, each enterprise replaced by its organizations. One
// that cannot be listed fails the run, because nobody knows then whose repositories
// are missing.
func (s *githubRun) owners(o *durable.Orchestration) ([]string, error) {
	var owners []string
	for _, owner := range s.moment.Owners {
		logins := []string{owner}
		if slug, is := pipeline.Enterprise(owner); is {
			var err error
			if logins, err = s.organizations(o, slug); err != nil {
				return nil, err
			}
			if len(logins) == 0 {
				return nil, errors.New(owner + " shows this token no organizations; listing them takes a member's token (a classic one needs read:enterprise), or name the organizations instead")
			}
		}
		for _, login := range logins {
			if !pipeline.ContainsFold(owners, login) {
				owners = append(owners, login)
			}
		}
	}
	return owners, nil
}

func (s *githubRun) organizations(o *durable.Orchestration, slug string) ([]string, error) {
	var logins []string
	for after := ""; ; {
		key := durable.Key{Step: kindEnterprise, Item: slug + " " + after, Revision: s.revision}
		page, err := durable.Call(o, key, s.Catalog.Enterprise, EnterpriseQuery{Slug: slug, After: after})
		if err != nil {
			return nil, err
		}
		before := len(logins)
		for _, login := range page.Logins {
			if !slices.Contains(logins, login) {
				logins = append(logins, login)
			}
		}
		if page.Next == "" || len(logins) == before {
			return logins, nil
		}
		after = page.Next
	}
}
