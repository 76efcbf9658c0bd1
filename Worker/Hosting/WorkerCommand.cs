using System.CommandLine;
using System.Globalization;
using OrleansTasks.Logs;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Processing.Text;
using OrleansTasks.Settings;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Plugins;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Resources;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>The worker's options: the values that each accepts, and its default.</summary>
public sealed class WorkerCommand
{
    /// <summary>The environment variable that may hold a join token.</summary>
    public const string TokenVariable = "OTASK_JOIN_TOKEN";

    /// <summary>The option that checks the others; the program looks for it first.</summary>
    internal const string CheckOption = "--check";

    private const string TokenForm = "a join token from 'otask node token', such as otj_….…";
    private const int MostSlots = 10_000;

    private readonly RepeatedOption<Uri> masters = new("--master", "HOST:PORT",
        $"the address of the service, or of one of its silos; repeatable [default: {MasterAddress.Default}]",
        "HOST:PORT, such as 127.0.0.1:50051 or [::1]:50051",
        static text => MasterAddress.TryParse(text, out var address) ? new Parsed<Uri>(address) : null);

    private readonly ValueOption<string?> name = new("--name", "NAME",
        "the worker's name, which is its node's id [default: the machine's name]", null, "1 to 200 of A-Z, a-z, 0-9, '.', '_' and '-'",
        static text => NodeName.IsValid(text) ? new(text) : null);

    private readonly ValueOption<int> slots = new("--slots", "N", "maximum tasks that the worker runs at once", $"{Environment.ProcessorCount}",
        $"a whole number from 1 to {MostSlots}",
        static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostSlots
            ? new(count)
            : default(Parsed<int>?));

    private readonly RepeatedOption<KeyValuePair<string, string>> labels = new("--label", "KEY=VALUE", "a label that "
        + "tasks can require; repeatable",
        "KEY=VALUE with a key of up to 63 characters of [a-z0-9._/-] that begins with a letter or digit but not with "
            + "node/, and a value of up to 256 characters",
        static text => NodeName.TryReadLabel(text, out var label) ? new Parsed<KeyValuePair<string, string>>(label) : null);

    private readonly RepeatedOption<KeyValuePair<string, long>> resources = WorkerResource.MakeOption(
        "what tasks may reserve on this machine; repeatable [default: the cpu, memory and gpu that it has]");

    private readonly ValueOption<string?> data = new("--data", "DIR",
        "the data folder; created if it does not exist [default: ./data/workers/MASTER/NAME]", null, "a folder",
        static text => text.Length > 0 && !text.Contains('\0') && !File.Exists(text) ? new(Path.GetFullPath(text)) : null);

    private readonly ValueOption<JoinToken?> token = new("--token", "TOKEN",
        $"a join token from 'otask node token'; needed once, for a service on another machine [default: ${TokenVariable}]", null,
        TokenForm, static text => JoinToken.Parse(text) is { } token ? new(token) : null, isSecret: true);

    private readonly ValueOption<string?> tokenFile = new("--token-file", "FILE",
        "a file with the join token; you can delete it once the worker has joined", null, "a file", static text => new(text));

    private readonly ValueOption<string?> runAs = new("--run-as", "USER",
        "the user to run tasks as, by name or number; requires root", null, "the name or number of a user of this machine",
        static text => text.Length > 0 ? new(text) : null);

    private readonly ValueOption<string?> runAsRange = new("--run-as-range", "FIRST-LAST",
        "unused user ids: each task runs as its own user; requires root", null, UserRange.Expected,
        static text => new(text));

    private readonly RepeatedOption<string> fileRoots = new("--file-root", "DIR",
        "a folder from which jobs may read files; repeatable [default: any folder that tasks can read]",
        "the absolute path of an existing folder",
        static text => Path.IsPathFullyQualified(text) && Directory.Exists(text) ? new(RealPath.Of(text)) : default(Parsed<string>?));

    private readonly ValueOption<long?> fileCache = new("--file-cache", "SIZE",
        "how much disk the worker uses for input files that no task needs at the moment [default: a tenth of the disk]", null,
        "a number of bytes, such as 500MiB or 20GiB", SettingValues.Bytes);

    private readonly RepeatedOption<string> sandboxAllow = new("--sandbox-allow", "DIR",
        "a folder that tasks in a sandbox or a container may ask to read or write; repeatable [default: none]",
        SandboxFolders.Expected, SandboxFolders.Read);

    private readonly ValueOption<EngineChoice> containerEngine = EngineChoices.MakeOption();

    private readonly ValueOption<string?> plugins = new("--plugins", "DIR", "a folder with plug-ins that provide processors for jobs", null,
        "an existing folder", static text => Directory.Exists(text) ? new(Path.GetFullPath(text)) : null);

    private readonly ValueOption<TimeSpan> drain = new(
        "--drain", "DURATION", "how long running tasks may continue after SIGTERM", "10s",
        $"{Durations.Examples}, up to 1d",
        static text => Durations.TryParse(text.AsSpan(), out var duration) && duration <= TimeSpan.FromDays(1)
            ? new(duration)
            : default(Parsed<TimeSpan>?));

    private readonly ValueOption<LogFormat> logFormat = ConsoleLog.MakeOption();

    private readonly Option<bool> check = new(CheckOption)
    {
        Arity = ArgumentArity.Zero, Description = "check the options, and start nothing",
    };

    private readonly SettingSources sources;

    /// <summary>Creates the options.</summary>
    public WorkerCommand()
    {
        var root = new RootCommand("The OrleansTasks worker runs the tasks that a service sends it.")
        {
            masters, name, slots, labels, resources, data, token, tokenFile, runAs, runAsRange, fileRoots, sandboxAllow,
            containerEngine, fileCache, plugins, drain, logFormat, check,
        };
        root.SetAction(static _ => 0);
        sources = new SettingSources(root, check);
    }

    /// <summary>
    /// Reads the arguments, the environment and the file of settings. Null means that help, the version or the settings
    /// were asked for and written to <paramref name="output"/>.
    /// </summary>
    /// <exception cref="StartRefusedException">An option is invalid; the message names each one.</exception>
    public WorkerOptions? Parse(IReadOnlyList<string> args, Func<string, string?> variable, TextWriter output)
    {
        if (sources.Read(args, variable, output) is not { } result)
            return null;
        Uri[] addresses = result.GetValue(masters) is { Length: > 0 } given ? given : [new Uri($"http://{MasterAddress.Default}")];
        var node = name.In(result) ?? NodeName.OfMachine();
        var folder = data.In(result) ?? Path.GetFullPath(DefaultFolder(addresses[0], node));
        var count = slots.In(result);
        return new WorkerOptions
        {
            Masters = addresses,
            Name = node,
            Slots = count,
            Labels = Labels(result),
            Resources = WorkerResource.In(result, resources),
            Token = Token(result, folder, variable),
            RunAs = User(result, count),
            FileRoots = result.GetValue(fileRoots) ?? [],
            FileCacheBytes = fileCache.In(result),
            SandboxAllow = AllowedFolders(result, folder),
            ContainerEngine = containerEngine.In(result),
            Plugins = Plugins(result),
            Data = folder,
            Drain = drain.In(result),
            LogFormat = logFormat.In(result),
        };
    }

    private SortedDictionary<string, string> Labels(ParseResult result)
    {
        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in result.GetValue(labels) ?? [])
        {
            if (!read.TryAdd(key, value))
                throw Bad($"--label names the key '{key}' more than once. Give each key one value.");
        }

        return read;
    }

    private JoinToken? Token(ParseResult result, string folder, Func<string, string?> variable)
    {
        var (given, file) = (token.In(result), tokenFile.In(result));
        if (given is not null && file is not null)
            throw Bad("--token and --token-file exclude each other: give one of them.");
        if (given is not null)
            return given;
        // The file may be deleted once the worker has joined.
        if (file is not null && !File.Exists(file) && WorkerIdentity.IsIn(folder))
            return null;
        if (file is not null)
            return JoinToken.Parse(Read(file)) ?? throw Bad(InvalidValue.Message("--token-file", file, $"a file with {TokenForm}"));
        return variable(TokenVariable) is not { Length: > 0 } text ? null
            : JoinToken.Parse(text) ?? throw Bad(InvalidValue.Message(TokenVariable, null, TokenForm));
    }

    private static string Read(string file)
    {
        try
        {
            return new FileInfo(file) is { Length: < 10_000 } ? File.ReadAllText(file) : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Bad($"--token-file {file} cannot be read: {failure.Message}");
        }
    }

    private RunAsUser? User(ParseResult result, int count)
    {
        var (one, range) = (runAs.In(result), runAsRange.In(result));
        if (one is not null && range is not null)
            throw Bad(RunAsUser.OnlyOneOption);
        try
        {
            if (range is not null)
            {
                var users = RunAsUser.FindRange(range);
                users.Range!.CheckRoomFor(count);
                return users;
            }

            return one is null ? null : RunAsUser.Find(one);
        }
        catch (RunAsException refused)
        {
            throw Bad(refused.Message);
        }
    }

    private string[] AllowedFolders(ParseResult result, string folder)
    {
        var allowed = result.GetValue(sandboxAllow) ?? [];
        SandboxFolders.Check(allowed, folder);
        return allowed;
    }

    private PluginCatalog Plugins(ParseResult result)
    {
        try
        {
            return plugins.In(result) is { } folder ? PluginFolder.Load(folder) : PluginCatalog.Empty;
        }
        catch (PluginException refused)
        {
            throw Bad($"--plugins: {refused.Message}");
        }
    }

    private static string DefaultFolder(Uri master, string name) =>
        Path.Combine("data", "workers", $"{master.Host.Trim('[', ']').Replace(':', '_')}-{master.Port}", name);

    private static StartRefusedException Bad(string message) => new(message, StartRefusedException.BadOption);
}
