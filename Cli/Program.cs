using OrleansTasks.Cli;

return await new CommandLine(Console.Out, Console.Error).Run(args);
