using System.CommandLine;
using System.Globalization;
using System.Net;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Listening;
using OrleansTasks.Processing.Text;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Notifications;
using OrleansTasks.Storage.S3;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The command line's part about a silo, wherever its gateways are, and about its worker.</summary>
public sealed class SiloArguments
{
    private const int MostSlots = 10_000;
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(8);

    private readonly ServiceArguments common;

    private readonly ValueOption<IPEndPoint> grpc = new("--grpc", "ADDRESS:PORT",
        "the address on which the silo listens for remote workers", "127.0.0.1:50051", ListenAddress.Expected, SettingValues.Address);

    private readonly ValueOption<string> data = new(
        "--data", "DIR", "the data folder; created if it does not exist", "./data", "a folder", SettingValues.Folder);

    private readonly ValueOption<int> slots = new("--slots", "N", "maximum tasks that this process's worker runs "
        + "at once; 0: no worker; a silo with --db: 0",
        $"{Environment.ProcessorCount}", $"a whole number from 0 to {MostSlots}",
        text => int.TryParse(text, out var slots) && slots is >= 0 and <= MostSlots ? new(slots) : default(Parsed<int>?));

    private readonly RepeatedOption<KeyValuePair<string, long>> resources = WorkerResource.MakeOption(
        "what tasks may reserve at this process's worker; repeatable [default: the cpu, memory and gpu that the machine has]");

    private readonly ValueOption<RunAsUser?> runAs = new("--run-as", "USER",
        "the user that this process's worker runs tasks as; requires root", null, "the name or number of a user of this machine",
        static text => text.Length == 0 ? null : User(text, RunAsUser.Find));

    private readonly ValueOption<RunAsUser?> runAsRange = new("--run-as-range", "FIRST-LAST",
        "unused user ids: each task of this process's worker runs as its own user; requires root", null,
        UserRange.Expected, static text => User(text, RunAsUser.FindRange));

    private readonly ValueOption<TimeSpan> lease = new("--lease", "DURATION",
        "how long a node may be silent before its tasks move to other nodes; a silo with --db: 30s", "10s",
        $"{Durations.Examples}, from {Durations.Format(ShortestLease)} to 1d",
        text => Duration(text, ShortestLease, TimeSpan.FromDays(1)));

    private readonly ValueOption<TimeSpan> reserveAfter = new("--reserve-after", "DURATION",
        "how long a task that asks for resources waits before a node keeps for it what becomes free", "30s",
        $"{Durations.Examples}, up to 30d", text => Duration(text, TimeSpan.Zero, TimeSpan.FromDays(30)));

    private readonly ValueOption<TimeSpan> drain = new("--drain", "DURATION", "how long running tasks may continue after SIGTERM",
        "10s", $"{Durations.Examples}, up to 1d", text => Duration(text, TimeSpan.Zero, TimeSpan.FromDays(1)));

    private readonly ValueOption<TimeSpan> retention = new("--retention", "DURATION", "how long to keep ended tasks", "7d",
        $"{Durations.Examples}, from 1s to 3650d",
        text => Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)));

    private readonly ValueOption<TimeSpan?> retentionFailed = new("--retention-failed", "DURATION",
        "how long to keep failed and cancelled tasks; at least --retention, which is the default", null,
        $"{Durations.Examples}, from 1s to 3650d",
        text => Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)) is { } read ? new(read.Value) : default(Parsed<TimeSpan?>?));

    private readonly ValueOption<long?> retentionFiles = new("--retention-files", "BYTES",
        "size of the stored files above which the artifacts of ended tasks are removed, the oldest first", null,
        "a number of bytes, such as 500MiB or 50GiB", SettingValues.Bytes);

    private readonly ValueOption<int> maxQueues = new("--max-queues", "N", "maximum number of queues",
        ServiceLimits.MaxQueues.ToString(CultureInfo.InvariantCulture), "a number from 1 to 100000",
        static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= 100_000
            ? new(most) : default(Parsed<int>?));

    private readonly ValueOption<S3Address?> files = new("--files", "URL",
        "the bucket for stored files [default: the data folder, or the database with --db]", null, S3Address.Form,
        static text => S3Address.TryParse(text, Environment.GetEnvironmentVariable, out var address)
            ? new(address) : default(Parsed<S3Address?>?));

    private readonly ValueOption<long?> fileStoreMax = new("--file-store-max", "BYTES",
        "maximum size of all stored files together; with --db: 20GiB", null, "a number of bytes, such as 500MiB or 20GiB", SettingValues.Bytes);

    private readonly RepeatedOption<string> fileRoots = new("--file-root", "DIR", "a folder from which jobs may read files; repeatable",
        "the absolute path of an existing folder",
        text => Path.IsPathFullyQualified(text) && Directory.Exists(text) ? new(Path.GetFullPath(text)) : default(Parsed<string>?));

    private readonly RepeatedOption<string> sandboxAllow = new("--sandbox-allow", "DIR",
        "a folder that tasks in a sandbox or a container may ask to read or write; repeatable", SandboxFolders.Expected, SandboxFolders.Read);

    private readonly ValueOption<EngineChoice> containerEngine = EngineChoices.MakeOption();

    private readonly RepeatedOption<IPNetwork> webhookAllow = new("--webhook-allow", "CIDR",
        "a private network to which webhooks may send events; repeatable",
        "a network such as 10.1.0.0/16, 192.168.1.7/32 or fd00::/8",
        static text => IPNetwork.TryParse(text, out var network) ? new Parsed<IPNetwork>(network) : null);

    private readonly ValueOption<SmtpSettings?> smtp = new("--smtp", "URL", "the mail server that sends notifications", null, SmtpSettings.Form,
        static text => SmtpSettings.TryParse(text, out var settings) ? new(settings) : default(Parsed<SmtpSettings?>?));

    private readonly ValueOption<string?> smtpFrom = new("--smtp-from", "ADDRESS", "the sender of notifications; by default the user of --smtp", null,
        "a mail address such as tasks@example.org", static text => SmtpSettings.IsAddress(text) ? new(text) : null);

    private readonly ValueOption<string?> smtpPassword = new("--smtp-password-file", "FILE", "a file with the password for --smtp", null,
        "an existing file", static text => File.Exists(text) ? new(Path.GetFullPath(text)) : null);

    private readonly ValueOption<string?> plugins = new("--plugins", "DIR",
        "a folder with plug-ins that provide processors for jobs", null, "an existing folder",
        text => Directory.Exists(text) ? new(Path.GetFullPath(text)) : null);

    /// <summary>Creates the options.</summary>
    /// <param name="common">The options that gateways have too.</param>
    /// <param name="isSeparate">Whether the silo's gateways are elsewhere. With a database it is then one of a cluster.</param>
    public SiloArguments(ServiceArguments common, bool isSeparate)
    {
        ArgumentNullException.ThrowIfNull(common);
        this.common = common;
        if (!isSeparate)
            return;
        // The workers of a cluster outlive its silos, so they run elsewhere unless slots are requested here.
        slots.OtherStandard = result => common.Database.In(result) is null ? null : "0";
        lease.OtherStandard = result => common.Database.In(result) is null ? null : Durations.Format(MemberRules.Lease);
    }

    /// <summary>The options, in the order in which help lists them.</summary>
    public IEnumerable<Option> All =>
    [
        data, common.Database, slots, resources, runAs, runAsRange, common.RequireKeys, lease, reserveAfter, drain,
        retention, retentionFailed, retentionFiles, maxQueues, files, fileStoreMax, fileRoots, common.Isolation, sandboxAllow,
        containerEngine, webhookAllow, smtp, smtpFrom, smtpPassword, plugins,
    ];

    /// <summary>The address at which workers connect.</summary>
    public Option Grpc => grpc;

    /// <summary>Returns the options' values.</summary>
    /// <exception cref="StartRefusedException">Two of them contradict each other.</exception>
    public SiloHostOptions In(ParseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var user = User(result);
        var slotsHere = slots.In(result);
        var options = new SiloHostOptions
        {
            Grpc = grpc.In(result)!,
            Data = data.In(result)!,
            Database = common.Database.In(result),
            Slots = slotsHere,
            Resources = WorkerResource.In(result, resources),
            RunAs = user,
            RequiresKeys = result.GetValue(common.RequireKeys) || (user is not null && slotsHere > 0),
            Lease = lease.In(result),
            ReserveAfter = reserveAfter.In(result),
            Drain = drain.In(result),
            Retention = retention.In(result),
            RetentionFailed = retentionFailed.In(result),
            MaxQueues = maxQueues.In(result),
            Files = files.In(result),
            FileStoreMax = fileStoreMax.In(result),
            RetentionFiles = retentionFiles.In(result),
            FileRoots = [.. result.GetValue(fileRoots) ?? []],
            WebhookAllow = [.. result.GetValue(webhookAllow) ?? []],
            Smtp = Mail(result),
            Plugins = plugins.In(result),
            LogFormat = common.LogFormat.In(result),
            Isolation = common.Isolation.In(result),
            SandboxAllow = [.. result.GetValue(sandboxAllow) ?? []],
            ContainerEngine = containerEngine.In(result),
        };
        if (options.RetentionFailed is { } kept && kept < options.Retention)
            throw new StartRefusedException($"--retention-failed is {Durations.Format(kept)}, and --retention is "
                + $"{Durations.Format(options.Retention)}: failed tasks cannot be kept for a shorter time than other tasks.",
                StartRefusedException.BadOption);
        return options;
    }

    private SmtpSettings? Mail(ParseResult result)
    {
        var (server, from, password) = (smtp.In(result), smtpFrom.In(result), smtpPassword.In(result));
        if (server is null)
        {
            return from is null && password is null ? null
                : throw new StartRefusedException("--smtp-from and --smtp-password-file need --smtp.", StartRefusedException.BadOption);
        }

        if (server.User is not null != password is not null)
            throw new StartRefusedException("A user in --smtp and --smtp-password-file need each other.", StartRefusedException.BadOption);
        return server with { From = from ?? server.From, PasswordFile = password };
    }

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

    private static Parsed<TimeSpan>? Duration(string text, TimeSpan least, TimeSpan most) =>
        Durations.TryParse(text.AsSpan(), out var duration) && duration >= least && duration <= most ? new(duration) : null;
}
