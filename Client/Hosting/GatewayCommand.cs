using System.CommandLine;
using System.Net;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Settings;

namespace OrleansTasks.Client.Hosting;

/// <summary>The command line of the program <c>Client</c>: a gateway whose silos are separate processes.</summary>
public sealed class GatewayCommand
{
    private const string Former = "--all-in-one";

    private readonly ServiceArguments common = new();
    private readonly GatewayArguments gateway = new();

    private readonly RepeatedOption<DnsEndPoint> silos = new("--silo", "HOST:PORT",
        $"the address of a silo; repeatable; without it and --db: {SiloEndpoint.Near}",
        SiloEndpoint.Expected, static text => SiloEndpoint.Parse(text) is { } silo ? new Parsed<DnsEndPoint>(silo) : null);

    private readonly ValueOption<string?> cluster = new("--cluster", "NAME",
        "the cluster of the silos given by --silo; a silo with --db prints its cluster's name", null,
        "the 32 hexadecimal digits that the silo prints",
        static text => text.Length == 32 && text.All(char.IsAsciiHexDigitLower) ? new(text) : null);

    private readonly ValueOption<string?> clusterCert = new("--cluster-cert", "FILE",
        "the certificate by which a gateway without --db connects to silos; 'otask cluster certificate' makes it", null,
        "a readable PEM file", SettingValues.ReadableFile);

    private readonly SettingSources sources;

    /// <summary>Creates the command line.</summary>
    public GatewayCommand()
    {
        // A gateway alone has no data folder and no worker, of which the texts for the whole service speak.
        common.Database.Description = "the PostgreSQL database that the silos share; the gateway finds them there and makes its "
            + "certificate for them, so it takes neither --silo nor --cluster-cert";
        common.RequireKeys.Description = "require keys from callers on this machine too";
        var root = new RootCommand("OrleansTasks runs commands that arrive over HTTP on workers, and loses none that it acknowledged. "
            + "This program is a gateway; AllInOne is a gateway, a silo and a worker in one process.");
        foreach (var option in (Option[])
            [gateway.Http, silos, cluster, common.ClusterTls, clusterCert, common.Database, common.RequireKeys, common.Isolation, .. gateway.Others, common.LogFormat])
            root.Add(option);
        root.SetAction(static _ => 0);
        sources = new SettingSources(root);
    }

    /// <summary>
    /// Reads the arguments, the environment and the file of settings. Null means that help, the version or the settings
    /// were asked for and written to <paramref name="output"/>.
    /// </summary>
    /// <exception cref="StartRefusedException">An option is invalid; the message names each one.</exception>
    public GatewayOptions? Parse(IReadOnlyList<string> args, Func<string, string?> variable, TextWriter output)
    {
        if (args.Contains(Former))
            throw new StartRefusedException($"{Former}: this program is a gateway alone. The program AllInOne runs a gateway, a silo "
                + "and a worker in one process: dotnet run --project AllInOne.", StartRefusedException.BadOption);
        if (sources.Read(args, variable, output) is not { } result)
            return null;
        var database = common.Database.In(result);
        var tls = common.ClusterTlsIn(result);
        var given = result.GetValue(silos) ?? [];
        var options = gateway.In(result, new ServiceOptions
        {
            Database = database, RequiresKeys = result.GetValue(common.RequireKeys), ClusterTls = tls, LogFormat = common.LogFormat.In(result),
            Isolation = common.Isolation.In(result),
        }) with
        {
            Target = new ClusterTarget(
                given.Length == 0 && database is null ? [SiloEndpoint.Parse(SiloEndpoint.Near)!] : given, cluster.In(result), database)
            {
                Tls = tls, Certificate = clusterCert.In(result),
            },
        };
        TargetRules.Check(options.Target);
        return options;
    }
}
