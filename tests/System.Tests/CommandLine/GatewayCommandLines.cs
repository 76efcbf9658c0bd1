using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// A command line for every otask command that reads an answer, for tests in which the gateway answers nonsense.
/// </summary>
public abstract class GatewayCommandLines : DataFolders
{
    private const string Id = "0199aa00-0000-7000-8000-000000000001";

    // Left out: they call no gateway, ask the user before they look at an answer (a browser, a key), pass answers on
    // unread, or wait.
    private static readonly string[] Excluded =
    [
        "cluster certificate", "completion", "manual", "open", "mcp", "api", "result", "job results", "files show", "event follow", "demo",
        "config set", "config use", "config list", "config delete", "db init", "db status", "db backup", "db restore",
    ];

    // What a command needs besides the arguments that it requires.
    private static readonly Dictionary<string, string[]> More = new()
    {
        ["submit"] = ["true"], ["run"] = ["true"], ["map"] = ["echo", ":::", "a"], ["cancel"] = [Id], ["retry"] = [Id], ["logs"] = [Id, "--grep", "a"],
        ["queue set"] = ["--max-running", "3"], ["queue delete"] = ["--yes"], ["job run"] = ["--range", "0:9"],
        ["job feed"] = ["--from", "FILE"], ["schedule set"] = ["--cron", "0 2 * * *", "true"], ["schedule preview"] = [Id],
        ["schedule backfill"] = ["--from", "2030-01-01T00:00:00Z", "--to", "2030-01-02T00:00:00Z"], ["rollout start"] = ["true"],
        ["apply"] = ["--file", "FILE"], ["diff"] = ["--file", "FILE"],
        ["webhook create"] = ["--to", "http://x", "--types", "task"], ["webhook set"] = ["--to", "http://x"],
        ["key create"] = ["--scope", "read"], ["key revoke"] = ["--yes"],
    };

    /// <summary>The commands.</summary>
    private protected static readonly string[] Commands =
        [.. OtaskTree.Commands().Select(static entry => string.Join(' ', entry.Words)).Except(Excluded)];

    /// <summary>Returns the words of a command line.</summary>
    private protected string[] LineOf(string command)
    {
        Directory.CreateDirectory(Data);
        var (extension, text) = command switch
        {
            "apply" or "diff" => ("json", """{"queues":[{"name":"q","paused":true}],"webhooks":[{"url":"http://x"}]}"""),
            "import crontab" => ("cron", "0 1 * * * true\n"),
            "import systemd" => ("timer", "[Timer]\nOnCalendar=daily\n"),
            _ => ("json", "{}"),
        };
        var file = Path.Combine(Data, "file." + extension);
        File.WriteAllText(file, text);
        // The unit that the timer of "import systemd" starts.
        File.WriteAllText(Path.Combine(Data, "file.service"), "[Service]\nExecStart=/bin/true\n");
        var needed = OtaskTree.Of(command).Arguments.Where(static argument => argument.Arity.MinimumNumberOfValues > 0)
            .Select(argument => argument.Name switch { "file" => file, "path" => "task.retry", "n" => "1", _ => Id });
        return [.. command.Split(' '), .. needed, .. (More.GetValueOrDefault(command) ?? []).Select(word => word == "FILE" ? file : word)];
    }
}
