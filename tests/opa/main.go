// Compiles the reference policy in Rego with OPA.
//
// `opa RULE.rego OUT.wasm INPUT.json`: writes OPA's WebAssembly of the rule, and prints what OPA's own evaluator
// answers to an input and the nanoseconds that it takes, the best of some rounds.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/open-policy-agent/opa/v1/compile"
	"github.com/open-policy-agent/opa/v1/rego"
)

const (
	query  = "data.reference.verdict"
	entry  = "reference/verdict"
	rounds = 30
	calls  = 200
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: opa RULE.rego OUT.wasm INPUT.json")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(rule, out, input string) error {
	ctx := context.Background()
	wasm, err := compiled(ctx, rule)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, wasm, 0o644); err != nil {
		return err
	}
	text, err := os.ReadFile(input)
	if err != nil {
		return err
	}
	prepared, err := rego.New(rego.Query(query), rego.Load([]string{rule}, nil)).PrepareForEval(ctx)
	if err != nil {
		return err
	}
	best, answer := time.Duration(1<<62), any(nil)
	for range rounds {
		begun := time.Now()
		for range calls {
			if answer, err = evaluated(ctx, prepared, text); err != nil {
				return err
			}
		}
		best = min(best, time.Since(begun)/calls)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"answer": answer, "nanos": best.Nanoseconds()})
}

func compiled(ctx context.Context, rule string) ([]byte, error) {
	compiler := compile.New().WithTarget(compile.TargetWasm).WithEntrypoints(entry).WithPaths(rule)
	if err := compiler.Build(ctx); err != nil {
		return nil, err
	}
	modules := compiler.Bundle().WasmModules
	if len(modules) != 1 {
		return nil, fmt.Errorf("%d modules of WebAssembly, not one", len(modules))
	}
	return modules[0].Raw, nil
}

// The input is JSON, as a caller of OPA has it.
func evaluated(ctx context.Context, prepared rego.PreparedEvalQuery, text []byte) (any, error) {
	var input any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&input); err != nil {
		return nil, err
	}
	results, err := prepared.Eval(ctx, rego.EvalInput(input))
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, fmt.Errorf("%d results, not one", len(results))
	}
	return results[0].Expressions[0].Value, nil
}
