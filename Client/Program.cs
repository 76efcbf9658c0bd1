using OrleansTasks.Client.Hosting;
using OrleansTasks.Silo.Status;
using OrleansTasks.Worker.Supervision;

try
{
    // A gateway starts no processes, so there is nothing to kill when it dies.
    if (!args.Contains("--gateway-only") && Supervisor.Run() is { } ended)
        return ended;
    return new ServiceCommand().Parse(args, Console.Out) switch
    {
        null => 0,
        { Role: ServiceRole.Silo } options => await LoneSilo.Run(options, Console.Out),
        { Role: ServiceRole.Gateway } options => await LoneGateway.Run(options, Console.Out),
        { } options => await AllInOne.Run(options, Console.Out),
    };
}
catch (EngineLacksException e)
{
    Console.Error.WriteLine(e.Message);
    return StartRefusedException.BadOption;
}
catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as StartRefusedException)?.ExitCode ?? StartRefusedException.Forbidden;
}
