// Package graphql asks GitHub's GraphQL API, through githubv4, for what a
// survey wants to know, and REST for the custom properties of an organization.
// Its [Client] implements the survey's Catalog.
//
// It has three layers. The queries are githubv4 structs, one file each for the
// listing, the chunks and the histories. Under githubv4 lies a
// [net/http.RoundTripper] that reads each answer once and turns every way in
// which GitHub says no into a typed error that carries its remedy; it never
// waits and never asks again. Above lies the engine of package durable, which
// does both, and the shared account of package budget, which says when a
// request may go.
package graphql
