using OrleansTasks.Cli;
using OrleansTasks.Cli.Streams;

using var streams = StandardStreams.Open();
return await new CommandLine(streams).Run(args);
