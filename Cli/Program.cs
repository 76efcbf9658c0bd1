using OrleansTasks.Cli;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Cli.Streams;

using var streams = StandardStreams.Open();
return await new CommandLine(streams, StoreProgram.Become).Run(args);
