using OrleansTasks.Client.Hosting;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Worker.Supervision;

try
{
    // A supervisor kills the processes that tasks leave behind; a gateway alone runs no tasks.
    if (args.Contains("--all-in-one") && Supervisor.Run() is { } ended)
        return ended;
    return new ServiceCommand(ServiceRole.Gateway).Parse(args, Environment.GetEnvironmentVariable, Console.Out) switch
    {
        null => 0,
        { Role: ServiceRole.Gateway } options => await LoneGateway.Run(options, Console.Out),
        { } options => await AllInOne.Run(options, Console.Out),
    };
}
catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as StartRefusedException)?.ExitCode ?? StartRefusedException.Forbidden;
}
