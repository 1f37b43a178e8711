// Package pipeline is what a survey is: the types of the domain, the policy
// that judges a repository, and the order in which GitHub is asked.
//
// A [Survey] is the main orchestrator. It creates a run, starts one
// sub-orchestration per data source in parallel, fans their results in and
// judges them. What it asks is checkpointed by package durable, so that a
// killed survey resumes and asks for nothing twice. Judging is pure: the same
// repository, policy and asOf give the same [Finding].
//
// The package is the bottom layer. It imports nothing of ours but durable;
// package graphql implements its [Catalog], package store its journal.
package pipeline
