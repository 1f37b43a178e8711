// Package verdict judges repositories: which commits count as a person's, which
// status their age gives, what sets a repository apart, who answers for it, why,
// and what a maintainer could do next.
//
// It is pure: no clock, no I/O. A [Policy] is a set of rules made ready; the
// same repositories, rules and asOf give the same findings.
package verdict
