using OrleansTasks.AllInOne;
using OrleansTasks.Settings;
using OrleansTasks.Worker.Supervision;

try
{
    // A supervisor kills the processes that tasks leave behind.
    if (Supervisor.Run() is { } ended)
        return ended;
    return new AllInOneCommand().Parse(args, Environment.GetEnvironmentVariable, Console.Out) is { } options
        ? await AllInOneRun.Run(options.Gateway, options.Silo, Console.Out)
        : 0;
}
catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as StartRefusedException)?.ExitCode ?? StartRefusedException.Forbidden;
}
