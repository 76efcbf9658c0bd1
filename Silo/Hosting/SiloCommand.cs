using System.CommandLine;
using System.Net;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Listening;
using OrleansTasks.Settings;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The command line of the program <c>Silo</c>: a silo whose gateways are separate processes.</summary>
public sealed class SiloCommand
{
    private readonly ServiceArguments common = new();
    private readonly SiloArguments silo;

    private readonly ValueOption<IPEndPoint> listen = new("--listen", "ADDRESS:PORT",
        "the address on which a separate silo listens for gateways", SiloEndpoint.Near, ListenAddress.Expected, SettingValues.Address);

    private readonly ValueOption<int> peerPort = new("--peer-port", "PORT",
        "the port on which a silo with --db listens for the other silos of its database, at the address of --listen; 0: any free port",
        "0", "a port from 0 to 65535",
        static text => ushort.TryParse(text, out var port) ? new((int)port) : default(Parsed<int>?));

    private readonly ValueOption<IPEndPoint?> health = new("--health", "ADDRESS:PORT",
        "the address on which a silo serves /livez and /readyz", null, ListenAddress.Expected,
        static text => ListenAddress.TryParse(text, out var address) ? new(address) : null);

    private readonly SettingSources sources;

    /// <summary>Creates the command line.</summary>
    public SiloCommand()
    {
        silo = new SiloArguments(common, isSeparate: true);
        // The text for the whole service says what implies the option. Here it is always refused.
        common.RequireKeys.Description =
            "refused by this program, since gateways need no key at --listen; gateways and AllInOne take it";
        var root = new RootCommand("OrleansTasks runs commands that arrive over HTTP on workers, and loses none that it acknowledged. "
            + "This program is a silo with one worker.");
        foreach (var option in (Option[])[silo.Grpc, listen, peerPort, health, common.ClusterTls, .. silo.All, common.LogFormat])
            root.Add(option);
        root.SetAction(static _ => 0);
        sources = new SettingSources(root);
    }

    /// <summary>
    /// Reads the arguments, the environment and the file of settings. Null means that help, the version or the settings
    /// were asked for and written to <paramref name="output"/>.
    /// </summary>
    /// <exception cref="StartRefusedException">An option is invalid; the message names each one.</exception>
    public SiloHostOptions? Parse(IReadOnlyList<string> args, Func<string, string?> variable, TextWriter output)
    {
        if (sources.Read(args, variable, output) is not { } result)
            return null;
        var options = silo.In(result) with
        {
            Listen = listen.In(result),
            PeerPort = peerPort.In(result),
            Health = health.In(result),
            ClusterTls = common.ClusterTlsIn(result),
        };
        if (options.RunAs is not null && options.Slots > 0)
            throw new StartRefusedException($"{options.RunAs.Option}: tasks could reach --listen {options.Listen}, where gateways need no key. "
                + "Use --slots 0, and run tasks on workers on other machines.", StartRefusedException.BadOption);
        if (options.RequiresKeys)
            throw new StartRefusedException($"--require-keys: gateways need no key at --listen {options.Listen}. Run gateway and silo in one "
                + "process (AllInOne), or omit this option and run only your own tasks on this machine.", StartRefusedException.BadOption);
        MemberRules.Check(options);
        return options;
    }
}
