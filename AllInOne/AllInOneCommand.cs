using System.CommandLine;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.AllInOne;

/// <summary>The command line of the program <c>AllInOne</c>: a gateway, a silo and a worker in one process.</summary>
public sealed class AllInOneCommand
{
    private readonly ServiceArguments common = new();
    private readonly GatewayArguments gateway = new();
    private readonly SiloArguments silo;
    private readonly SettingSources sources;

    /// <summary>Creates the command line.</summary>
    public AllInOneCommand()
    {
        silo = new SiloArguments(common, isSeparate: false);
        var root = new RootCommand("OrleansTasks runs commands that arrive over HTTP on workers, and loses none that it acknowledged. "
            + "This program is a gateway, a silo and a worker in one process.");
        foreach (var option in (Option[])[gateway.Http, silo.Grpc, .. silo.All, .. gateway.Others, common.LogFormat])
            root.Add(option);
        root.SetAction(static _ => 0);
        sources = new SettingSources(root);
    }

    /// <summary>
    /// Reads the arguments, the environment and the file of settings. Null means that help, the version or the settings
    /// were asked for and written to <paramref name="output"/>.
    /// </summary>
    /// <exception cref="StartRefusedException">An option is invalid; the message names each one.</exception>
    public (GatewayOptions Gateway, SiloHostOptions Silo)? Parse(
        IReadOnlyList<string> args, Func<string, string?> variable, TextWriter output)
    {
        if (sources.Read(args, variable, output) is not { } result)
            return null;
        var siloOptions = silo.In(result);
        var gatewayOptions = gateway.In(result, siloOptions);
        if (gatewayOptions.Http.Port == siloOptions.Grpc.Port && gatewayOptions.Http.Port != 0)
            throw new StartRefusedException($"--http and --grpc both use port {gatewayOptions.Http.Port}: give each its own port.",
                StartRefusedException.BadOption);
        return (gatewayOptions, siloOptions);
    }
}
