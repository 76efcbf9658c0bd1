using OrleansTasks.Cli;
using OrleansTasks.Cli.Store;
using OrleansTasks.Cli.Streams;

using var streams = StandardStreams.Open();
return await new CommandLine(streams, static () => new StoreWork()).Run(args);
