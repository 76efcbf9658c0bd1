using OrleansTasks.Client.Hosting;
using OrleansTasks.Worker.Supervision;

try
{
    if (Supervisor.Run() is { } ended)
        return ended;
    return new ServiceCommand().Parse(args, Console.Out) is { } options ? await AllInOne.Run(options, Console.Out) : 0;
}
catch (Exception e) when (e is StartRefusedException or IOException)
{
    Console.Error.WriteLine(e.Message);
    return (e as StartRefusedException)?.ExitCode ?? StartRefusedException.Forbidden;
}
