package githubsim

import "strings"

// person returns one of forty made-up people; the same number gives the same.
func person(n uint64) Author {
	given := [...]string{"Ada", "Bram", "Chidi", "Dana", "Eero", "Farah", "Goro", "Hana", "Imre", "Jun"}
	family := [...]string{"Abbott", "Talbot", "Okafor", "Lindqvist"}
	g, f := given[n%10], family[n/10%4]
	login := strings.ToLower(g + "-" + f)
	return Author{Name: g + " " + f, Email: login + "@example.com", Login: login}
}

// headline returns a plausible first line of a commit message.
func headline(n uint64) string {
	verb := [...]string{"Fix", "Update", "Add", "Remove", "Clarify", "Rename", "Simplify", "Document"}
	what := [...]string{"the readme", "sample data", "build script", "retry handling", "the deployment template",
		"dependencies", "integration test", "configuration", "error message", "the walkthrough"}
	return verb[n%8] + " " + what[n/8%10]
}
