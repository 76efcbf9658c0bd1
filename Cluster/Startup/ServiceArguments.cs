using System.CommandLine;
using OrleansTasks.Logs;
using OrleansTasks.Settings;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Tasks;

namespace OrleansTasks.Cluster.Startup;

/// <summary>The command line's part that gateways and silos have in common.</summary>
public sealed class ServiceArguments
{
    private const string On = "on";

    /// <summary>Whether keys are needed on this machine too.</summary>
    public Option<bool> RequireKeys { get; } = new("--require-keys")
    {
        Arity = ArgumentArity.Zero,
        Description = "require keys and tokens from callers and workers on this machine too; implied by --run-as and --run-as-range",
    };

    /// <summary>The database.</summary>
    public ValueOption<string?> Database { get; } = new("--db", "CONNECTION",
        "store everything in this PostgreSQL database except for data that belongs to this machine, which stays in the data folder; "
        + "separate silos that share a database form a cluster; a gateway with this option finds them", null,
        "a connection string for Npgsql, 'Host=…;Database=…;Username=…;Password=…'",
        static text => new PostgresStorageOptions { ConnectionString = text }.Problems().Count == 0 ? new(text) : null,
        isSecret: true);

    /// <summary>Whether silos and separate gateways use TLS among themselves.</summary>
    public ValueOption<string?> ClusterTls { get; } = new("--cluster-tls", "on|off",
        "whether silos and gateways use TLS with certificates of the cluster's authority among themselves "
        + "[default: on beyond loopback]", null, "on or off", static text => text is On or "off" ? new(text) : null);

    /// <summary>How tasks are isolated that do not say it.</summary>
    public ValueOption<Isolation> Isolation { get; } = new("--isolation", "KIND",
        "how tasks are isolated that do not say it themselves; give silos and gateways the same", "none", "none or sandbox",
        static text => text switch
        {
            "none" => new(Tasks.Isolation.None),
            "sandbox" => new(Tasks.Isolation.Sandbox),
            _ => default(Parsed<Isolation>?),
        });

    /// <summary>How logs are written.</summary>
    public ValueOption<LogFormat> LogFormat { get; } = ConsoleLog.MakeOption();

    /// <summary>Returns what <see cref="ClusterTls"/> asks for; null if it is not given.</summary>
    public bool? ClusterTlsIn(ParseResult result) => ClusterTls.In(result) is { } asked ? asked == On : null;
}
