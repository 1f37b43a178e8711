// Package github is the source of a survey's repositories. What it asks through
// a [Catalog], which package graphql implements, is checkpointed activity by
// activity. It knows nothing of verdicts; a small [Judge] says what has to be
// read.
//
// GitHub's time is what asking costs, so it asks in rounds, cheap ones first:
//
//   - an enterprise's organizations, and the custom properties that the rules
//     name (enterprise.go, properties.go);
//   - the listing, from both ends at once, or on most days only what changed
//     (list.go, changes.go);
//   - while it still pages, the newest commits of what was pushed to (batch.go);
//   - the histories and sizes of commits without which a status does not stand
//     (deepen.go, walk.go);
//   - last, and optional, the files, the branches and the counts (details.go,
//     counts.go).
//
// How much is asked for at once follows the answers (learn.go, turn.go,
// read.go).
package github
