package graphql

import (
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// GitHub does not say beforehand how much of its time a query takes. These prices
// come from public reports of queries that did and did not come back within its
// ten seconds (backstage#28741, gato-x#270); the budget learns better ones from
// the answers. The simulator has the same list by field, and a test compares the
// sums.
const (
	priceRow     = 1500 * time.Microsecond // of a listing, or an element of nodes(ids:)
	priceTopics  = 1 * time.Millisecond    // of a row
	priceCount   = 6 * time.Millisecond    // a count, and what hangs on a row: a release, a parent
	priceGit     = 12 * time.Millisecond   // opening a repository, once a query
	priceRef     = 3 * time.Millisecond    // a branch's name
	priceCommit  = 8 * time.Millisecond    // a branch's newest commit
	pricePath    = 120 * time.Millisecond  // a tree or a file by its path
	priceHistory = 30 * time.Millisecond   // beginning to walk
	priceWalked  = 3 * time.Millisecond    // a commit of the walk
	priceDiff    = 60 * time.Millisecond   // a commit's size
)

// branches is how many a tree's query looks up besides the default one. Usually
// one of them exists: the default one, by its name.
const branches = 5

// asks is the request to the budget for n things of a kind at a price each, which
// together cost that many requests of connections.
func asks(kind string, n int, each time.Duration, requests int) budget.Ask {
	return budget.Ask{Kind: kind, Size: n, Time: time.Duration(n) * each, Points: max(1, (requests+50)/100)}
}

func listAsk(q github.ListQuery) budget.Ask {
	each := priceRow + priceTopics + 2*priceCount
	if q.Branches {
		each += priceGit + priceRef
	}
	ask := asks("list", q.Size, each, 1+q.Size)
	ask.Urgent = true
	return ask
}

func changesAsk(q github.ChangesQuery) budget.Ask {
	lists := 0
	for _, c := range []*string{q.Pushed, q.Updated} {
		if c != nil {
			lists++
		}
	}
	ask := asks("changes", lists*q.Size, priceRow+priceTopics+2*priceCount+priceGit+priceRef, lists*(1+q.Size))
	ask.Urgent = true
	return ask
}

func tipsAsk(n int) budget.Ask { return asks("tips", n, priceRow+priceGit+priceRef+priceCommit, n) }

// A history's end is what others wait for, so it may use the reserve.
func historyAsk(q github.HistoryQuery) budget.Ask {
	each := priceRow + priceGit + priceRef + priceCommit + priceHistory + time.Duration(q.First)*priceWalked
	ask := asks("history", len(q.IDs), each, len(q.IDs)*(1+q.First))
	ask.Final = true
	return ask
}

func sizesAsk(n int) budget.Ask {
	ask := asks("size", n, priceGit+priceCommit+priceDiff, n)
	ask.Final = true
	return ask
}

func treesAsk(n int) budget.Ask {
	return asks("tree", n, priceRow+priceGit+pricePath+(1+branches)*priceRef+2*priceCommit, 0)
}

func filesAsk(n int) budget.Ask { return asks("file", n, priceRow+priceGit+pricePath, 0) }

func countsAsk(q github.CountsQuery) budget.Ask {
	return asks("count", len(q.IDs), priceRow+2*priceCount, 2*len(q.IDs))
}
