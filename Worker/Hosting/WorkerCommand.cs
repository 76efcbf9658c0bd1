using System.CommandLine;
using System.Globalization;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Plugins;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>The worker's command line: its options, what each takes, and their defaults.</summary>
public sealed class WorkerCommand
{
    /// <summary>The environment variable that may hold a join token.</summary>
    public const string TokenVariable = "OTASK_JOIN_TOKEN";

    private const string TokenTakes = "a join token, such as otj_….…, as 'otask node token' prints it";
    private const int MostSlots = 10_000;
    private const string MasterTakes = "HOST:PORT, such as 127.0.0.1:50051 or [::1]:50051";
    private const string NameTakes = "1 to 200 of A-Z, a-z, 0-9, '.', '_' and '-'";
    private const string LabelTakes = "KEY=VALUE, the key of [a-z0-9._/-] beginning with a letter or digit, up to 63 characters, "
        + "the value up to 256 characters";

    private readonly Option<string[]> masters = new("--master")
    {
        HelpName = "HOST:PORT", Description = $"the service to work for; repeatable, for several silos [default: {MasterAddress.Default}]",
    };

    private readonly Option<string?> name = new("--name")
    {
        HelpName = "NAME", Description = "the worker's name, which is its node's id [default: the machine's]",
    };

    private readonly Option<string?> slots = new("--slots")
    {
        HelpName = "N", Description = "how many tasks it runs at once [default: number of cores]",
    };

    private readonly Option<string[]> labels = new("--label")
    {
        HelpName = "KEY=VALUE", Description = "what a task's requires is compared with; repeatable",
    };

    private readonly Option<string?> data = new("--data")
    {
        HelpName = "DIR", Description = "the data folder; made if it is missing [default: ./data/workers/MASTER/NAME]",
    };

    private readonly Option<string?> token = new("--token")
    {
        HelpName = "TOKEN",
        Description = $"a join token, as 'otask node token' prints it; needed once, for a service on another machine [default: ${TokenVariable}]",
    };

    private readonly Option<string?> tokenFile = new("--token-file") { HelpName = "FILE", Description = "a file with the join token; it may be deleted once the worker has joined" };

    private readonly Option<string?> runAs = new("--run-as")
    {
        HelpName = "USER", Description = "as whom it runs tasks, a name or a number; the worker must run as root",
    };

    private readonly Option<string?> runAsRange = new("--run-as-range")
    {
        HelpName = "FIRST-LAST",
        Description = "numbers of users that nobody has: each task runs as one of its own; the worker must run as root",
    };

    private readonly Option<string[]> fileRoots = new("--file-root")
    {
        HelpName = "DIR", Description = "a folder that jobs may read files from; repeatable [default: any folder that tasks may read]",
    };

    private readonly Option<string?> plugins = new("--plugins")
    {
        HelpName = "DIR", Description = "a folder of plug-ins, whose processors jobs may name",
    };

    private readonly RootCommand root;

    /// <summary>Creates the command line.</summary>
    public WorkerCommand()
    {
        root = new RootCommand("OrleansTasks worker: runs the tasks that a service sends it.") 
        {
            masters, name, slots, labels, data, token, tokenFile, runAs, runAsRange, fileRoots, plugins,
        };
        root.SetAction(static _ => 0);
    }

    /// <summary>
    /// Parses the arguments. Returns null if help or the version was requested, which is written to <paramref name="output"/>.
    /// </summary>
    /// <exception cref="WorkerRefusedException">An option is invalid; the message names it and what it accepts.</exception>
    public WorkerOptions? Parse(IReadOnlyList<string> args, TextWriter output)
    {
        var result = root.Parse(args);
        if (result.Errors.Count > 0)
            throw Bad(string.Join('\n', result.Errors.Select(static error => error.Message)));
        if (result.Action != root.Action)
        {
            result.Invoke(new InvocationConfiguration { Output = output });
            return null;
        }

        var addresses = Masters(result);
        var node = Name(result);
        var folder = Folder(result) ?? Path.GetFullPath(DefaultFolder(addresses[0], node));
        var count = Slots(result);
        return new WorkerOptions
        {
            Masters = addresses,
            Name = node,
            Slots = count,
            Labels = Labels(result),
            Token = Token(result, folder),
            RunAs = User(result, count),
            FileRoots = FileRoots(result),
            Plugins = Plugins(result),
            Data = folder,
        };
    }

    private Uri[] Masters(ParseResult result) =>
    [
        .. (result.GetValue(masters) is { Length: > 0 } given ? given : [MasterAddress.Default]).Select(static text =>
            MasterAddress.TryParse(text, out var address) ? address : throw Bad("--master", MasterTakes, text)),
    ];

    private string Name(ParseResult result)
    {
        if (result.GetValue(name) is not { } text)
            return NodeName.OfMachine();
        return NodeName.IsValid(text) ? text : throw Bad("--name", NameTakes, text);
    }

    private int Slots(ParseResult result)
    {
        if (result.GetValue(slots) is not { } text)
            return Environment.ProcessorCount;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostSlots
            ? count
            : throw Bad("--slots", $"a whole number from 1 to {MostSlots}", text);
    }

    private string[] FileRoots(ParseResult result) =>
    [
        .. (result.GetValue(fileRoots) ?? []).Select(static text => Path.IsPathFullyQualified(text) && Directory.Exists(text)
            ? RealPath.Of(text)
            : throw Bad("--file-root", "the absolute path of an existing folder", text)),
    ];

    private SortedDictionary<string, string> Labels(ParseResult result)
    {
        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in result.GetValue(labels) ?? [])
        {
            if (!NodeName.TryReadLabel(text, out var label))
                throw Bad("--label", LabelTakes, text);
            if (!read.TryAdd(label.Key, label.Value))
                throw Bad($"--label takes every key once; '{label.Key}' is there twice.");
        }

        return read;
    }

    private string? Folder(ParseResult result)
    {
        if (result.GetValue(data) is not { } text)
            return null;
        return text.Length > 0 && !text.Contains('\0') && !File.Exists(text)
            ? Path.GetFullPath(text)
            : throw Bad("--data", "a folder", text);
    }

    private JoinToken? Token(ParseResult result, string folder)
    {
        var (given, file) = (result.GetValue(token), result.GetValue(tokenFile));
        if (given is not null && file is not null)
            throw Bad("--token and --token-file say the same: give one of them.");
        if (given is not null)
            return JoinToken.Parse(given) ?? throw Bad($"--token takes {TokenTakes}; what was given is not that.");
        // The file may be deleted once the worker has joined.
        if (file is not null && !File.Exists(file) && WorkerIdentity.IsIn(folder))
            return null;
        if (file is not null)
            return JoinToken.Parse(Read(file)) ?? throw Bad($"--token-file takes a file with {TokenTakes}; '{file}' holds no such thing.");
        return Environment.GetEnvironmentVariable(TokenVariable) is not { Length: > 0 } text ? null
            : JoinToken.Parse(text) ?? throw Bad($"{TokenVariable} takes {TokenTakes}; what is there is not that.");
    }

    private static string Read(string file)
    {
        try
        {
            return new FileInfo(file) is { Length: < 10_000 } ? File.ReadAllText(file) : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Bad($"--token-file takes a readable file: {failure.Message}");
        }
    }

    private RunAsUser? User(ParseResult result, int count)
    {
        var (one, range) = (result.GetValue(runAs), result.GetValue(runAsRange));
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

            if (one is not { } text)
                return null;
            return text.Length > 0 ? RunAsUser.Find(text) : throw Bad("--run-as", "the name or number of a user of this machine", text);
        }
        catch (RunAsException refused)
        {
            throw Bad(refused.Message);
        }
    }

    private PluginCatalog Plugins(ParseResult result)
    {
        if (result.GetValue(plugins) is not { } folder)
            return PluginCatalog.Empty;
        try
        {
            return Directory.Exists(folder) ? PluginFolder.Load(Path.GetFullPath(folder)) : throw Bad("--plugins", "an existing folder", folder);
        }
        catch (PluginException refused)
        {
            throw Bad($"--plugins: {refused.Message}");
        }
    }

    private static string DefaultFolder(Uri master, string name) =>
        Path.Combine("data", "workers", $"{master.Host.Trim('[', ']').Replace(':', '_')}-{master.Port}", name);

    private static WorkerRefusedException Bad(string option, string takes, string value) =>
        Bad($"{option} takes {takes}; '{value}' is not that.");

    private static WorkerRefusedException Bad(string message) => new(message, WorkerRefusedException.BadOption);
}
