using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Worker.Supervision;

try
{
    if (Supervisor.Run() is { } ended)
        return ended;
    return new SiloCommand().Parse(args, Environment.GetEnvironmentVariable, Console.Out) is { } options
        ? await LoneSilo.Run(options, Console.Out)
        : 0;
}
catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as StartRefusedException)?.ExitCode ?? StartRefusedException.Forbidden;
}
