// A collector's span_metrics connector by itself: each line of standard input is spans, as OTLP/JSON, and what the
// connector then flushes is written to standard output, a line a flush. Its configuration, as JSON, is the argument.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const maxLine = 64 << 20

func main() {
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(configuration string) error {
	ctx := context.Background()
	factory := spanmetricsconnector.NewFactory()
	config := factory.CreateDefaultConfig()
	var given map[string]any
	if err := json.Unmarshal([]byte(configuration), &given); err != nil {
		return err
	}
	if err := confmap.NewFromStringMap(given).Unmarshal(config); err != nil {
		return err
	}
	flushed := make(chan struct{})
	sink, err := consumer.NewMetrics(func(_ context.Context, metrics pmetric.Metrics) error {
		line, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(metrics)
		if err == nil {
			fmt.Println(string(line))
			flushed <- struct{}{}
		}
		return err
	})
	if err != nil {
		return err
	}
	connector, err := factory.CreateTracesToMetrics(ctx, connectortest.NewNopSettings(factory.Type()), config, sink)
	if err != nil {
		return err
	}
	if err := connector.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes())
		if err != nil {
			return err
		}
		if err := connector.ConsumeTraces(ctx, traces); err != nil {
			return err
		}
		// The first flush may have been under way already.
		<-flushed
		<-flushed
	}
	if err := lines.Err(); err != nil {
		return err
	}
	// A flush that is under way is written to its end.
	go func() {
		for range flushed {
		}
	}()
	return connector.Shutdown(ctx)
}
