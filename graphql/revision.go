package graphql

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// mappingVersion changes whenever the same answer would be mapped to other
// values.
const mappingVersion = "2"

// Revision identifies the texts of the queries, as githubv4 writes them, and the
// rules of mapping.
func (c *Client) Revision() string { return revision() }

var revision = sync.OnceValue(func() string {
	ids := idVariables(nil)
	return durable.Digest(mappingVersion,
		queryText(new(ownerQuery[headOwner]), listVariables(github.ListQuery{})),
		queryText(new(ownerQuery[tailOwner]), listVariables(github.ListQuery{})),
		queryText(new(ownerQuery[changesOwner]), changesVariables(github.ChangesQuery{})),
		queryText(new(nodesQuery[tipNode]), ids),
		queryText(new(nodesQuery[historyNode]), historyVariables(github.HistoryQuery{})),
		queryText(new(nodesQuery[sizeNode]), ids),
		queryText(new(nodesQuery[treeNode]), ids),
		queryText(new(nodesQuery[fileNode]), filesVariables(github.FilesQuery{})),
		queryText(new(nodesQuery[countNode]), countsVariables(github.CountsQuery{})))
})

// Revision identifies the two queries.
func (f Files) Revision() string {
	return durable.Digest("1", queryText(new(nodesQuery[rootNode]), idVariables(nil)), queryText(new(nodesQuery[objectsNode]), objectsVariables("", nil)))
}

// queryText returns the request body that githubv4 makes of a query, by
// catching it on its way out.
func queryText(q any, vars map[string]any) string {
	var sent bytes.Buffer
	catch := roundTrip(func(r *http.Request) (*http.Response, error) {
		io.Copy(&sent, r.Body)
		return nil, errors.New("not sent")
	})
	githubv4.NewEnterpriseClient("http://localhost", &http.Client{Transport: catch}).Query(context.Background(), q, vars)
	return sent.String()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
