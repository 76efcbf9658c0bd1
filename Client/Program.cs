using OrleansTasks.Client.Hosting;
using OrleansTasks.Settings;

try
{
    return new GatewayCommand().Parse(args, Environment.GetEnvironmentVariable, Console.Out) is { } options
        ? await LoneGateway.Run(options, Console.Out)
        : 0;
}
catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return (e as StartRefusedException)?.ExitCode ?? StartRefusedException.Forbidden;
}
