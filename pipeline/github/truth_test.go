package github_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// exitCode is what the command makes of how a survey ended.
func exitCode(err error) int {
	_, suspended := errors.AsType[*durable.Suspension](err)
	switch {
	case err == nil:
		return 0
	case suspended:
		return 3
	}
	return 1
}

// onListing strikes the n-th page of a listing.
func onListing(n int, effects ...githubsim.Effect) githubsim.Fault {
	return githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(githubsim.Listing), githubsim.Nth(n)}, Effects: effects}
}

// always strikes every request of a kind.
func always(kind githubsim.Kind, effects ...githubsim.Effect) githubsim.Fault {
	return githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(kind)}, Effects: effects}
}

// TestWaysOfFailing: what is asked again, what the report says, and the exit
// code, for each way in which an answer can be wrong. The owner has some
// 230 repositories, and the day before all went well.
func TestWaysOfFailing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	type row struct {
		// before changes the world between the two days, faults spoil the second.
		before func(w *githubsim.World, names []string)
		faults func(w *githubsim.World, names []string) []githubsim.Fault
		rules  func(*pipeline.Rules)
		owners []string
		// asks is how many requests of a kind the second day takes.
		asks map[githubsim.Kind]int

		exit    int
		state   pipeline.RunState
		listed  int    // findings, more than the day before's of contoso
		unread  int    // -1 for all
		says    string // among the notices, or as why repositories were not read
		unknown []int  // which of the names are unknown; all others are not
		events  int    // that the second day tells
	}
	faults := func(f ...githubsim.Fault) func(*githubsim.World, []string) []githubsim.Fault {
		return func(*githubsim.World, []string) []githubsim.Fault { return f }
	}
	evening := day.Add(12 * time.Hour)
	anew := func(w *githubsim.World, names []string) { w.Delete(names[200]) } // so that the whole listing is read
	for name, r := range map[string]row{
		"nothing": {exit: 0, state: pipeline.Complete, listed: 0, asks: map[githubsim.Kind]int{githubsim.Listing: 1}},
		"two renames that cross the cursor": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{onListing(4, githubsim.Meanwhile(func() {
					w.Rename(names[0], "zzz-last", evening)
					w.Rename(names[110], "aaa-first", evening)
				}))}
			},
			exit: 0, state: pipeline.Complete, listed: -1, events: 2}, // the other was listed before it was renamed
		"a page that repeats the first": {before: anew, faults: faults(onListing(4, githubsim.RepeatedPage())),
			exit: 0, state: pipeline.Complete, listed: -1, events: 1},
		"pages that only repeat the first": {before: anew, faults: faults(githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(githubsim.Listing), githubsim.Continues}, Effects: []githubsim.Effect{githubsim.RepeatedPage()}}),
			exit: 0, state: pipeline.Partial, listed: 0, unread: 2, says: "could be listed"},
		"cursors without end": {before: anew, faults: faults(always(githubsim.Listing, githubsim.EndlessCursors())),
			exit: 0, state: pipeline.Complete, listed: -1, events: 1},
		"ids that are numbers": {before: anew, faults: faults(always(githubsim.Listing, githubsim.FieldValue("Repository.id", "7"))),
			exit: 1, state: pipeline.Partial, listed: 0, unread: -1, says: "could be listed"},
		"more repositories than GitHub counts": {before: anew, faults: faults(always(githubsim.Listing, githubsim.FieldValue("RepositoryConnection.totalCount", "225"))),
			exit: 0, state: pipeline.Partial, listed: 0, unread: 1, says: "by GitHub's count, but 226 different ones"},
		"one that goes away meanwhile": {before: anew, faults: func(w *githubsim.World, names []string) []githubsim.Fault {
			return []githubsim.Fault{onListing(3, githubsim.Meanwhile(func() { w.Delete(names[0]) }))}
		},
			exit: 0, state: pipeline.Complete, listed: -2, events: 2},
		"an id that is another's": {before: anew, faults: func(w *githubsim.World, names []string) []githubsim.Fault {
			return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldValue("Repository.id", `"R_kgDOAAAAAA"`, w.ID(names[3])))}
		},
			exit: 0, state: pipeline.Partial, listed: -1, unread: 1, says: "no longer knows it", events: -1},
		"elements in another order": {
			before: func(w *githubsim.World, names []string) {
				for _, n := range names[:5] {
					w.Push(n, evening)
				}
			},
			faults: faults(always(githubsim.Tips, githubsim.Reversed())),
			exit:   0, state: pipeline.Complete, listed: 0, events: -1},
		"errors under pushedAt": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldError("Repository.pushedAt", "SERVICE_UNAVAILABLE", "Oops", w.ID(names[3])))}
			},
			exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "GitHub could not read its pushedAt: Oops", events: 1},
		"an error under the default branch": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Tips, githubsim.FieldError("Repository.defaultBranchRef", "SERVICE_UNAVAILABLE", "Oops", w.ID(names[3])))}
			},
			exit: 0, state: pipeline.Partial, listed: 0, unread: 1, unknown: []int{3}, says: "GitHub could not read it: Oops"},
		"a date of the year 10889": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldValue("Repository.createdAt", `"10889-01-01T00:00:00Z"`, w.ID(names[3])))}
			},
			exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "cannot be used: createdAt", events: 1},
		"a number that no float holds": {
			before: anew,
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Listing, githubsim.FieldValue("Repository.stargazerCount", "9007199254740993", w.ID(names[3])))}
			},
			exit: 0, state: pipeline.Partial, listed: -1, unread: 1, unknown: []int{3}, says: "cannot be used: stargazerCount", events: 1},
		"a commit of the year 10889": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: func(w *githubsim.World, names []string) []githubsim.Fault {
				return []githubsim.Fault{always(githubsim.Tips, githubsim.FieldValue("Commit.committedDate", `"10889-01-01T00:00:00Z"`, w.ID(names[3])))}
			},
			exit: 0, state: pipeline.Partial, listed: 0, unread: 1, unknown: []int{3}, says: "committedDate of its newest commit"},
		"a token without issues": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening); w.Push(names[4], evening) },
			faults: faults(always(githubsim.Details, githubsim.NotAccessible("Repository.issues"))),
			exit:   0, state: pipeline.Complete, listed: 0, says: "may not see the issues of 2 repositories", events: -1},
		"a token without issues and pull requests": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: faults(always(githubsim.Details, githubsim.NotAccessible("Repository.issues"), githubsim.NotAccessible("Repository.pullRequests"))),
			exit:   0, state: pipeline.Complete, listed: 0, says: "may not see the pull requests of 1 repository", events: -1},
		"files that cannot be read": {
			before: func(w *githubsim.World, names []string) { w.Push(names[3], evening) },
			faults: faults(always(githubsim.Details, githubsim.FieldError("Repository.object", "SERVICE_UNAVAILABLE", "Oops"))),
			exit:   0, state: pipeline.Complete, listed: 0, says: "Details of 1 repository could not be read", events: -1},
		"an owner that shows none any more": {
			before: func(w *githubsim.World, names []string) {
				for _, n := range names {
					w.Delete(n)
				}
			},
			exit: 1, state: pipeline.Partial, listed: 0, unread: -1, says: "now shows none"},
		"an owner that is gone, of several": {
			owners: []string{"contoso", "fabrikam"},
			rules:  func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 2} },
			before: func(w *githubsim.World, names []string) { w.DeleteOwner("fabrikam") },
			exit:   1, state: pipeline.Partial, listed: 3, unread: 3, says: `no organization or user "fabrikam"`},
		"an owner that is gone, of several, allowed": {
			owners: []string{"contoso", "fabrikam"},
			rules:  func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 3} },
			before: func(w *githubsim.World, names []string) { w.DeleteOwner("fabrikam") },
			exit:   0, state: pipeline.Partial, listed: 3, unread: 3, says: `no organization or user "fabrikam"`},
		"histories without end": {
			before: func(w *githubsim.World, names []string) { w.BotPush(names[3], evening) },
			faults: faults(always(githubsim.History, githubsim.EndlessCursors())),
			exit:   0, state: pipeline.Complete, listed: 0, events: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				world := githubsim.Generate("contoso", 232, 7, day)
				for _, name := range []string{"a", "b", "c"} {
					world.Create(githubsim.Repository{Name: "fabrikam/" + name, Commits: []githubsim.Commit{{CommittedDate: day.AddDate(-1, 0, 0)}}})
				}
				h := newHub(t, world)
				if r.owners != nil {
					h.owners = r.owners
				}
				if r.rules != nil {
					r.rules(&h.rules)
				}
				first, err := h.survey(t.Context(), day)
				if err != nil || first.Snapshot.Run.State != pipeline.Complete {
					t.Fatal(err)
				}
				var names, ids []string // in the order of the listing
				for _, f := range first.Snapshot.Findings {
					if owner, _ := pipeline.SplitName(f.NameWithOwner); owner == "contoso" {
						names, ids = append(names, f.NameWithOwner), append(ids, f.ID)
					}
				}
				r.listed += len(names)
				if r.unread < 0 {
					r.unread = r.listed
				}
				if r.faults != nil {
					h.server.SetFaults(r.faults(world, names)...)
				}
				if r.before != nil {
					r.before(world, names)
				}
				h.server.Reset()
				before := len(h.prior.Events)
				out, err := h.survey(t.Context(), day.AddDate(0, 0, 1))
				if got := exitCode(err); got != r.exit {
					t.Errorf("exit code %d, want %d: %v", got, r.exit, err)
				}
				snap := out.Snapshot
				if snap == nil {
					t.Fatal("nothing came of it")
				}
				if snap.Run.State != r.state || len(snap.Findings) != r.listed || snap.Run.Counters.Unread != r.unread {
					t.Errorf("%s, %d repositories, %d unread; want %s, %d, %d", snap.Run.State, len(snap.Findings), snap.Run.Counters.Unread, r.state, r.listed, r.unread)
				}
				said := strings.Join(snap.Notices, "\n")
				unknown := make(map[string]bool)
				for _, f := range snap.Findings {
					if f.ReadError != "" {
						said += "\n" + f.ReadError
					}
					if f.Status == pipeline.Unknown {
						unknown[f.ID] = true
					}
				}
				if !strings.Contains(said, r.says) {
					t.Errorf("it does not say %q: %s", r.says, said)
				}
				for _, i := range r.unknown {
					if !unknown[ids[i]] {
						t.Errorf("%s is not unknown", names[i])
					}
				}
				if r.unknown != nil && len(unknown) != len(r.unknown) {
					t.Errorf("%d are unknown, want %d", len(unknown), len(r.unknown))
				}
				if got := len(snap.Events) - before; got != r.events && r.events >= 0 {
					t.Errorf("%d events, want %d: %v", got, r.events, snap.Events)
				}
				for kind, n := range r.asks {
					if got := h.server.Stats().ByKind[kind]; got != n {
						t.Errorf("%d requests of %s, want %d", got, kind, n)
					}
				}
				t.Logf("asked %v", h.server.Stats().ByKind)
			})
		})
	}
}
