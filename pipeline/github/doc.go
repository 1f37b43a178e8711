// Package github is the source of a survey's repositories: it lists the owners'
// repositories, reads those that changed in chunks, and searches histories
// where the newest commit does not decide. What it asks through a [Catalog],
// which package graphql implements, is checkpointed activity by activity. It
// knows nothing of verdicts; a small [Judge] says what has to be read.
package github
