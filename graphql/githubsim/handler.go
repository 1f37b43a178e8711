package githubsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// maxBody is the largest request body that is read.
const maxBody = 4 << 20

// handle does everything but the waiting and the sending.
func (s *Server) handle(r *http.Request, req *Request, inFlight int) *answer {
	rest := propertiesPath.FindStringSubmatch(r.URL.Path)
	if r.Method != http.MethodPost && (r.Method != http.MethodGet || rest == nil) {
		req.Refused = "method"
		return refused(http.StatusNotFound, "Not Found")
	}
	if r.UserAgent() == "" {
		req.Refused = "user agent"
		a := newAnswer(http.StatusForbidden, []byte("\r\nRequest forbidden by administrative rules. Please make sure your request has a "+
			"User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "+
			"Check https://developer.github.com for other possible causes.\r\n"))
		a.header.Set("Content-Type", "text/html")
		return a
	}
	access, ok := s.access(r.Header)
	if !ok {
		req.Refused = "credentials"
		return refused(http.StatusUnauthorized, "Bad credentials")
	}
	if rest != nil {
		return s.properties(r, rest[1], req, access, inFlight)
	}
	op, asked, a := s.parse(r.Body, req)
	if a != nil {
		req.Refused = "query"
		return a
	}
	return s.answer(op, asked, req, access, inFlight)
}

// answer applies the limits, executes and applies the faults.
func (s *Server) answer(op *ast.OperationDefinition, asked *survey, req *Request, access Access, inFlight int) *answer {
	rate, over, retryAfter := s.limiter.admit(asked.points(), asked.nodes, inFlight)
	switch req.Refused = over; over {
	case overSecondary:
		return rate.writeTo(secondaryLimit(http.StatusForbidden, retryAfter))
	case overPrimary:
		return rate.writeTo(primaryLimit("RATE_LIMIT"))
	}
	req.Cost = rate.Cost
	struck := s.strike(req)
	due := bill{paid: map[object]bool{}}
	x := &execution{world: s.world, resolvers: resolvers(), vars: asked.vars, access: access, rate: rate,
		resolved: func(o object, f *plannedField, v value) value {
			due.charge(o, f, v)
			return struck.value(o, f, v)
		}}
	data := x.run(op)
	a := rate.writeTo(newAnswer(http.StatusOK, response(data, x.errs)))
	struck.spoil(a)
	s.clock(a, req, due.total)
	return a
}

// ceiling is how long GitHub works on a query, by its documentation of query
// limits.
const ceiling = 10 * time.Second

// clock says how long an answer takes, gives it up when that is too long, and
// notes it.
func (s *Server) clock(a *answer, req *Request, took time.Duration) {
	if s.timed && took > ceiling {
		Timeout(http.StatusBadGateway + 2*int(s.givenUp.Add(1)%2)).answer(a)
	}
	if a.gaveUp {
		took = ceiling
	}
	req.Time, req.GivenUp = took+a.delay, a.gaveUp
	if s.timed {
		a.spent = req.Time
		a.delay = req.Time
	}
	a.delay += s.latency
}

// posted is a request body. Query is raw so that a wrong type has GitHub's
// answer.
type posted struct {
	Query     json.RawMessage `json:"query"`
	Variables json.RawMessage `json:"variables"`
}

// parse reads a request; the answer is nil unless it is refused.
func (s *Server) parse(from io.Reader, req *Request) (*ast.OperationDefinition, *survey, *answer) {
	raw, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	if err != nil || len(raw) > maxBody || !json.Valid(raw) {
		return nil, nil, refused(http.StatusBadRequest, "Problems parsing JSON")
	}
	var b posted
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, nil, refused(http.StatusBadRequest, "Body should be a JSON object")
	}
	if json.Unmarshal(b.Query, &req.Query) != nil || req.Query == "" {
		return nil, nil, failed(responseError{Message: "A query attribute must be specified and must be a string."})
	}
	req.Variables = b.Variables
	doc := s.docs.get(req.Query)
	if doc.errs != nil {
		return nil, nil, failed(doc.errs...)
	}
	if len(doc.query.Operations) != 1 {
		return nil, nil, failed(responseError{Message: "An operation name is required"})
	}
	op := doc.query.Operations[0]
	vars, problem := variables(op, b.Variables)
	if problem != "" {
		return nil, nil, failed(responseError{Message: problem})
	}
	asked := &survey{vars: vars, asks: map[string]bool{}}
	if asked.walk(op.SelectionSet, 1); asked.exceeded != nil {
		return nil, nil, failed(*asked.exceeded)
	}
	req.Kind, req.IDs, req.Continued = asked.kind(), asked.ids, asked.onward
	return op, asked, nil
}

// variables reads and coerces the variables. The problem is empty, or says
// why they do not fit.
func variables(op *ast.OperationDefinition, raw json.RawMessage) (vars map[string]any, problem string) {
	given := map[string]any{}
	if len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&given); err != nil {
			return nil, "Variables are invalid JSON: they must be an object"
		}
	}
	vars, err := validator.VariableValues(loadSchema(), op, given)
	if err != nil {
		return nil, "A variable was provided invalid value: " + err.Error()
	}
	return vars, ""
}
