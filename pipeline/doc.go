// Package pipeline is what a survey is: the words of the domain, the order of
// its steps, and what happened since the run before.
//
// A [Survey] is the main orchestrator. It creates a run, starts one
// sub-orchestration per data source in parallel, fans their results in and has
// them judged. What it asks is checkpointed by package durable, so that a
// killed survey resumes and asks for nothing twice. Judging is pure: the same
// repositories, rules and asOf give the same findings.
//
// The package is the bottom layer. It imports nothing of ours but durable.
// Sources implement [Source] (package github is the first), package verdict is
// the [Judge], and package store keeps the journal and the snapshots.
package pipeline
