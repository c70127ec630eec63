// Docker Compose as it runs without Docker's own command, under the name of this module: what `tool` builds is named by
// its last path element, and the command's is `cmd`.
package main

import (
	"os"

	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	"github.com/docker/compose/v5/cmd/compatibility"
	"github.com/docker/compose/v5/cmd/compose"
	"github.com/spf13/cobra"
)

func main() {
	os.Args = append([]string{"docker"}, compatibility.Convert(os.Args[1:])...)
	plugin.Run(
		func(cli command.Cli) *cobra.Command { return compose.RootCommand(cli, &compose.BackendOptions{}) },
		metadata.Metadata{SchemaVersion: "0.1.0", Vendor: "Docker Inc."},
	)
}
