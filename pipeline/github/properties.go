package github

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// mostPropertyPages ends a list of custom properties that never ends, at a million
// repositories.
const mostPropertyPages = 10_000

// readProperties reads the custom properties that the rules name. Where they
// decide what is surveyed and cannot be read, the owner is given up: to survey
// all of its repositories, or none, would both be wrong. Else what is known of
// them is kept.
func (l *listing) readProperties() error {
	rules := l.run.Judge.Rules()
	names := rules.PropertyNames()
	if len(names) == 0 {
		return nil
	}
	l.properties = make(map[string]map[string][]string)
	seen := make(map[string]bool)
	for page := ""; ; {
		seen[page] = true
		key := durable.Key{Step: kindProperties, Item: page, Revision: durable.Digest(append([]string{l.run.revision}, names...)...)}
		found, err := durable.Call(l.o, key, l.run.Catalog.Properties, PropertiesQuery{Owner: l.owner, Names: names, Page: page})
		if failure, failed := errors.AsType[*durable.Failure](err); failed {
			if len(rules.Include.Properties) > 0 {
				l.gone = failure.Message + ". include.properties chooses by them, so " + l.owner + " was not surveyed, and what is known of it is kept"
				return nil
			}
			l.notices = append(l.notices, failure.Message+". What is known of them is kept.")
			for _, r := range l.known {
				l.properties[strings.ToLower(r.NameWithOwner)] = r.Properties
			}
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range found.Repositories {
			l.properties[strings.ToLower(r.NameWithOwner)] = r.Values
		}
		if found.Next == "" || seen[found.Next] || len(seen) == mostPropertyPages {
			return nil
		}
		page = found.Next
	}
}

// basis identifies what decides what the listing holds, besides the configuration's
// choice.
func (l *listing) basis() string {
	include := l.run.Judge.Rules().Include
	chosen := []string{l.run.revision}
	if len(include.Properties) > 0 {
		for _, name := range slices.Sorted(maps.Keys(l.properties)) {
			if include.Chooses(l.properties[name]) {
				chosen = append(chosen, name)
			}
		}
	}
	return durable.Digest(chosen...)
}
