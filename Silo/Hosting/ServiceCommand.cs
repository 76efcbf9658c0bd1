using System.CommandLine;
using System.Globalization;
using System.Net;
using OrleansTasks.Logs;
using OrleansTasks.Processing.Text;
using OrleansTasks.Settings;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Hosting;

/// <summary>
/// The command line of the programs <c>Silo</c> and <c>Client</c>: the options, their values and their defaults.
/// </summary>
public sealed class ServiceCommand
{
    private const string NearSilo = "127.0.0.1:30000";
    private const string On = "on";
    private const int MostSlots = 10_000;
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(8);

    private readonly RoleOptions roles;

    private readonly ValueOption<IPEndPoint> http = Taking("--http", "ADDRESS:PORT", "the address on which the HTTP gateway listens",
        "127.0.0.1:9092", ListenAddress.Expected, Address);

    private readonly ValueOption<IPEndPoint> grpc = Taking("--grpc", "ADDRESS:PORT", "the address on which the silo "
        + "listens for remote workers",
        "127.0.0.1:50051", ListenAddress.Expected, Address);

    private readonly ValueOption<IPEndPoint> listen = Taking("--listen", "ADDRESS:PORT", "the address on which a "
        + "separate silo listens for gateways",
        NearSilo, ListenAddress.Expected, Address);

    private readonly ValueOption<int> peerPort = Taking("--peer-port", "PORT",
        "the port on which a silo with --db listens for the other silos of its database, at the address of --listen; 0: any free port",
        "0", "a port from 0 to 65535",
        static text => ushort.TryParse(text, out var port) ? new((int)port) : default(Parsed<int>?));

    private readonly ValueOption<IPEndPoint?> health = Taking<IPEndPoint?>("--health", "ADDRESS:PORT",
        "the address on which a silo serves /livez and /readyz", null, ListenAddress.Expected,
        static text => ListenAddress.TryParse(text, out var address) ? new(address) : null);

    private readonly ValueOption<string?> cluster = Taking<string?>("--cluster", "NAME",
        "the cluster of the silos given by --silo; a silo with --db prints its cluster's name", null,
        "the 32 hexadecimal digits that the silo prints",
        static text => text.Length == 32 && text.All(char.IsAsciiHexDigitLower) ? new(text) : null);

    private readonly ValueOption<string?> clusterTls = Taking<string?>("--cluster-tls", "on|off",
        "whether silos and gateways use TLS with certificates of the cluster's authority among themselves "
        + "[default: on beyond loopback]", null, "on or off", static text => text is On or "off" ? new(text) : null);

    private readonly ValueOption<string?> clusterCert = Taking<string?>("--cluster-cert", "FILE",
        "the certificate by which a gateway without --db connects to silos; 'otask cluster certificate' makes it", null,
        "a readable PEM file", ReadableFile);

    private readonly RepeatedOption<DnsEndPoint> silos = new("--silo", "HOST:PORT", "the address of a silo, for a "
        + $"separate gateway; repeatable; without it and --db: {NearSilo}",
        SiloEndpoint.Expected, static text => SiloEndpoint.Parse(text) is { } silo ? new Parsed<DnsEndPoint>(silo) : null);

    private readonly ValueOption<string> data = Taking("--data", "DIR", "the data folder; created if it does not exist",
        "./data", "a folder", Folder);

    private readonly ValueOption<string?> database = Taking<string?>("--db", "CONNECTION",
        "store everything in this PostgreSQL database except for data that belongs to this machine, which stays in the data folder; "
        + "separate silos that share a database form a cluster; a gateway with this option finds them", null,
        "a connection string for Npgsql, 'Host=…;Database=…;Username=…;Password=…'",
        static text => new PostgresStorageOptions { ConnectionString = text }.Problems().Count == 0 ? new(text) : null,
        isSecret: true);

    private readonly ValueOption<int> slots = Taking("--slots", "N", "maximum tasks that this process's worker runs "
        + "at once; 0: no worker; a silo with --db: 0",
        $"{Environment.ProcessorCount}", $"a whole number from 0 to {MostSlots}",
        text => int.TryParse(text, out var slots) && slots is >= 0 and <= MostSlots ? new(slots) : default(Parsed<int>?));

    private readonly ValueOption<RunAsUser?> runAs = Taking<RunAsUser?>("--run-as", "USER",
        "the user that this process's worker runs tasks as; requires root", null, "the name or number of a user of this machine",
        static text => text.Length == 0 ? null : User(text, RunAsUser.Find));

    private readonly ValueOption<RunAsUser?> runAsRange = Taking<RunAsUser?>("--run-as-range", "FIRST-LAST",
        "unused user ids: each task of this process's worker runs as its own user; requires root", null,
        UserRange.Expected, static text => User(text, RunAsUser.FindRange));

    private readonly Option<bool> requireKeys = new("--require-keys")
    {
        Arity = ArgumentArity.Zero,
        Description = "require keys and tokens from callers and workers on this machine too; implied by --run-as and --run-as-range",
    };

    private readonly ValueOption<TimeSpan> lease = Taking("--lease", "DURATION",
        "how long a node may be silent before its tasks move to other nodes; a silo with --db: 30s", "10s",
        $"{Durations.Examples}, from {Durations.Format(ShortestLease)} to 1d",
        text => Duration(text, ShortestLease, TimeSpan.FromDays(1)));

    private readonly ValueOption<TimeSpan> drain = Taking("--drain", "DURATION", "how long running tasks may continue after SIGTERM",
        "10s", $"{Durations.Examples}, up to 1d", text => Duration(text, TimeSpan.Zero, TimeSpan.FromDays(1)));

    private readonly ValueOption<TimeSpan> retention = Taking("--retention", "DURATION", "how long to keep ended tasks", "7d",
        $"{Durations.Examples}, from 1s to 3650d",
        text => Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)));

    private readonly ValueOption<TimeSpan?> retentionFailed = Taking<TimeSpan?>("--retention-failed", "DURATION",
        "how long to keep failed and cancelled tasks; at least --retention, which is the default", null,
        $"{Durations.Examples}, from 1s to 3650d",
        text => Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)) is { } read ? new(read.Value) : default(Parsed<TimeSpan?>?));

    private readonly ValueOption<int> maxQueues = Taking("--max-queues", "N", "maximum number of queues",
        ServiceLimits.MaxQueues.ToString(CultureInfo.InvariantCulture), "a number from 1 to 100000",
        static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= 100_000
            ? new(most) : default(Parsed<int>?));

    private readonly RepeatedOption<string> fileRoots = new("--file-root", "DIR", "a folder from which jobs may read files; repeatable",
        "the absolute path of an existing folder",
        text => Path.IsPathFullyQualified(text) && Directory.Exists(text) ? new(Path.GetFullPath(text)) : default(Parsed<string>?));

    private readonly RepeatedOption<IPNetwork> webhookAllow = new("--webhook-allow", "CIDR",
        "a private network to which webhooks may send events; repeatable",
        "a network such as 10.1.0.0/16, 192.168.1.7/32 or fd00::/8",
        static text => IPNetwork.TryParse(text, out var network) ? new Parsed<IPNetwork>(network) : null);

    private readonly ValueOption<string?> plugins = Taking<string?>("--plugins", "DIR",
        "a folder with plug-ins that provide processors for jobs", null, "an existing folder",
        text => Directory.Exists(text) ? new(Path.GetFullPath(text)) : null);

    private readonly ValueOption<Uri?> publicUrl = Taking<Uri?>("--public-url", "URL",
        "the address at which browsers reach the gateway, if it differs from --http", null,
        "http://HOST[:PORT] or https://HOST[:PORT], without a path", Url);

    private readonly RepeatedOption<IPNetwork> trustedProxies = new("--trusted-proxy", "ADDRESS",
        "a reverse proxy, or a network of them, whose X-Forwarded-For names the caller's address; repeatable",
        "an address or a network such as 127.0.0.1, 10.1.0.0/16 or fd00::/8",
        static text => Network(text) is { } network ? new Parsed<IPNetwork>(network) : null);

    private readonly ValueOption<string?> tlsCert = Taking<string?>("--tls-cert", "FILE", "the certificate for HTTPS as a PEM file", null,
        "a readable PEM file", ReadableFile);

    private readonly ValueOption<string?> tlsKey = Taking<string?>("--tls-key", "FILE", "the certificate's private key as a PEM file", null,
        "a readable PEM file", ReadableFile);

    private readonly ValueOption<LogFormat> logFormat = ConsoleLog.MakeOption();
    private readonly SettingSources sources;

    /// <summary>Creates the command line of a program.</summary>
    /// <param name="program">The program's role: a silo or a gateway.</param>
    public ServiceCommand(ServiceRole program)
    {
        roles = new RoleOptions(program);
        // The workers of a cluster outlive its silos, so they run elsewhere unless slots are requested here.
        slots.OtherStandard = result => IsMember(result) ? "0" : null;
        lease.OtherStandard = result => IsMember(result) ? Durations.Format(ClusterRules.Lease) : null;
        var root = new RootCommand("OrleansTasks runs commands that arrive over HTTP on workers, and loses none that it acknowledged. "
            + (program == ServiceRole.Silo
                ? "This program is a silo with one worker."
                : "This program is a gateway; with --all-in-one it is also a silo with one worker."));
        Option[] all =
        [
            http, grpc, listen, peerPort, health, silos, cluster, clusterTls, clusterCert,
            data, database, slots, runAs, runAsRange, requireKeys, lease,
            drain, retention, retentionFailed, maxQueues, fileRoots,
            webhookAllow, plugins, publicUrl, trustedProxies, tlsCert, tlsKey, logFormat,
        ];
        foreach (var option in roles.Choose(all))
            root.Add(option);
        root.SetAction(_ => 0);
        sources = new SettingSources(root, roles.AllInOne);
    }

    /// <summary>
    /// Reads the arguments, the environment and the file of settings. Null means that help, the version or the settings
    /// were asked for and written to <paramref name="output"/>.
    /// </summary>
    /// <exception cref="StartRefusedException">An option is invalid; the message names each one.</exception>
    public ServiceOptions? Parse(IReadOnlyList<string> args, Func<string, string?> variable, TextWriter output)
    {
        if (sources.Read(args, variable, output) is not { } result)
            return null;
        var role = roles.Find(result);
        var user = User(result);
        var slotsHere = slots.In(result);
        var options = new ServiceOptions
        {
            Role = role,
            Listen = role == ServiceRole.Silo ? listen.In(result) : null,
            PeerPort = peerPort.In(result),
            Health = health.In(result),
            Cluster = cluster.In(result),
            ClusterTls = clusterTls.In(result) is { } asked ? asked == On : null,
            ClusterCert = clusterCert.In(result),
            Silos = SilosOf(result, role),
            Http = http.In(result)!,
            Grpc = grpc.In(result)!,
            Data = data.In(result)!,
            Database = database.In(result),
            Slots = slotsHere,
            RunAs = user,
            RequiresKeys = result.GetValue(requireKeys) || (user is not null && slotsHere > 0),
            Lease = lease.In(result),
            Drain = drain.In(result),
            Retention = retention.In(result),
            RetentionFailed = retentionFailed.In(result),
            MaxQueues = maxQueues.In(result),
            FileRoots = [.. result.GetValue(fileRoots) ?? []],
            WebhookAllow = [.. result.GetValue(webhookAllow) ?? []],
            Plugins = plugins.In(result),
            PublicUrl = publicUrl.In(result),
            TrustedProxies = [.. result.GetValue(trustedProxies) ?? []],
            TlsCert = tlsCert.In(result),
            TlsKey = tlsKey.In(result),
            LogFormat = logFormat.In(result),
        };
        if (role == ServiceRole.AllInOne && options.Http.Port == options.Grpc.Port && options.Http.Port != 0)
            throw new StartRefusedException($"--http and --grpc both use port {options.Http.Port}: give each its own port.",
                StartRefusedException.BadOption);
        if (options.RetentionFailed is { } kept && kept < options.Retention)
            throw new StartRefusedException($"--retention-failed is {Durations.Format(kept)}, and --retention is "
                + $"{Durations.Format(options.Retention)}: failed tasks cannot be kept for a shorter time than other tasks.",
                StartRefusedException.BadOption);
        if (role == ServiceRole.Silo && options.RunAs is not null && options.Slots > 0)
            throw new StartRefusedException($"{options.RunAs.Option}: tasks could reach --listen {options.Listen}, where gateways need no key. "
                + "Use --slots 0, and run tasks on workers on other machines.", StartRefusedException.BadOption);
        if (role == ServiceRole.Silo && options.RequiresKeys)
            throw new StartRefusedException($"--require-keys: gateways need no key at --listen {options.Listen}. Run gateway and silo in one "
                + "process (Client --all-in-one), or omit this option and run only your own tasks on this machine.", StartRefusedException.BadOption);
        if (options.TlsCert is null != options.TlsKey is null)
            throw new StartRefusedException("--tls-cert and --tls-key require each other: give both or neither.",
                StartRefusedException.BadOption);
        ClusterRules.Check(options);
        return options;
    }

    private bool IsMember(ParseResult result) => roles.Find(result) == ServiceRole.Silo && database.In(result) is not null;

    /// <summary>
    /// Returns the silos of a gateway: the given ones, or one on this machine at the default address of silos.
    /// </summary>
    private ImmutableArray<DnsEndPoint> SilosOf(ParseResult result, ServiceRole role) => result.GetValue(silos) switch
    {
        { Length: > 0 } given => [.. given],
        _ when role == ServiceRole.Gateway && database.In(result) is null => [SiloEndpoint.Parse(NearSilo)!],
        _ => [],
    };

    private static ValueOption<T> Taking<T>(
        string name, string value, string description, string? standard, string expected, Func<string, Parsed<T>?> read,
        bool isSecret = false) =>
        new(name, value, description, standard, expected, read, isSecret);

    private static Parsed<IPEndPoint>? Address(string text) =>
        ListenAddress.TryParse(text, out var address) ? new(address) : null;

    private static Parsed<string>? Folder(string text) =>
        text.Length > 0 && !text.Contains('\0') && !File.Exists(text) ? new(Path.GetFullPath(text)) : null;

    private RunAsUser? User(ParseResult result)
    {
        var (one, range) = (runAs.In(result), runAsRange.In(result));
        if (one is not null && range is not null)
            throw new StartRefusedException(RunAsUser.OnlyOneOption, StartRefusedException.BadOption);
        try
        {
            range?.Range!.CheckRoomFor(slots.In(result));
            return one ?? range;
        }
        catch (RunAsException refused)
        {
            throw new StartRefusedException(refused.Message, StartRefusedException.BadOption);
        }
    }

    private static Parsed<RunAsUser?>? User(string text, Func<string, RunAsUser> find)
    {
        try
        {
            return new(find(text));
        }
        catch (RunAsException refused)
        {
            throw new StartRefusedException(refused.Message, StartRefusedException.BadOption);
        }
    }

    private static Parsed<string?>? ReadableFile(string text)
    {
        try
        {
            using var file = File.OpenRead(text);
            return new(Path.GetFullPath(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static Parsed<TimeSpan>? Duration(string text, TimeSpan least, TimeSpan most) =>
        Durations.TryParse(text.AsSpan(), out var duration) && duration >= least && duration <= most ? new(duration) : null;

    /// <summary>Returns a network, or that of a single address; null if the text is neither.</summary>
    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    private static Parsed<Uri?>? Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
        && url.PathAndQuery == "/" && url.Fragment.Length == 0 && url.UserInfo.Length == 0
            ? new(url)
            : null;
}
