// Package githubsim is a GitHub small enough to run inside a test and inside
// a demonstration: an HTTP handler that answers GraphQL queries about a
// made-up [World] of repositories, keeps GitHub's limits, and misbehaves on
// request.
//
// It knows nothing of the queries that are sent to it. Every query is parsed
// and validated against testdata/schema.graphql, a true subset of GitHub's
// published schema, and then executed selection by selection: aliases,
// variables, fragments, directives, nested connections with opaque cursors,
// errors with paths, nulls that propagate. The subset holds what this program
// asks for and nothing else; any other field is refused as GitHub refuses what
// it does not know. What GitHub limits is limited: page sizes, ids, nodes,
// points, requests at once, credentials.
//
// A [World] holds owners, repositories and their histories, and changes
// between two days (or between two requests) through its methods. A [Server]
// serves one world, counts what it is asked ([Server.Stats], [Server.Log]) and
// takes a list of [Fault]s: when a condition holds, an effect replaces or
// spoils the answer.
//
// GitHub's time is its currency, so every field has a price in milliseconds
// (price.go), and what a query comes to is counted by kind. With [WithTime]
// answers take that time, queries that are too dear are given up after ten
// seconds, and the minute's limit is kept. In a bubble of testing/synctest
// ([Server.RoundTrip]) the time passes without waiting.
//
// What is simplified: a branch's tree is the same at every commit and its ids
// are made up, issues and pull requests have counts only, and only repositories
// and commits can be asked for by id.
package githubsim
